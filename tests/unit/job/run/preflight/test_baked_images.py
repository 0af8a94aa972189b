"""Baked images: a project whose images cannot be read is reported before anything is created."""

from functools import partial

import pytest

from job.cloud import compute
from job.run.preflight import baked_images, checks
from localcloud.compute_api.faults import Fault


@pytest.fixture
def look(place, make_settings):
    def check(patience_s=60, **given):
        given = {"bakedImageProject": "images"} | given
        get = partial(compute.ask, patience_s=patience_s, sleep=lambda _: None)
        return baked_images.check(compute.connect(place), make_settings(**given), get)

    return check


@pytest.mark.parametrize("choice", ["prefer", "require"])
def test_readable_images_pass(api, look, choice):
    """Whether one of them fits is no question of access."""
    report = look(bakedImages=choice)

    assert (report.problems, report.warnings) == ([], [])
    assert [each["method"] for each in api.requests("images")] == ["compute.images.list"]


def test_without_baked_images_nothing_is_asked(api, look):
    assert look(bakedImages="never").problems == []
    assert api.requests("images") == []


def test_the_stacks_own_project_is_the_default(api, look):
    look(bakedImages="prefer", bakedImageProject="")

    assert [each["method"] for each in api.requests("capo")] == ["compute.images.list"]


LINE = (
    "images in images cannot be read: Required 'compute.images.list' permission for"
    " 'projects/images' (403 forbidden); give the account roles/compute.imageUser there, or name"
    " another devstack:bakedImageProject"
)


def test_unreadable_images_that_are_required_are_a_problem(api, look):
    api.deny("images.list")
    report = look(bakedImages="require")

    assert (report.problems, report.warnings) == ([LINE], [])
    assert report.kind == "configuration"


def test_unreadable_images_that_are_preferred_are_a_warning(api, look):
    api.deny("images.list")
    report = look(bakedImages="prefer")

    assert (report.problems, report.warnings) == (
        [],
        [f"{LINE}; until then, the nodes are built"],
    )


def test_a_project_that_does_not_exist_is_a_problem(api, look):
    api.refuse_project("images", 404)
    [problem] = look(bakedImages="require").problems

    assert problem.startswith("images in images cannot be read: ")


def test_an_outage_is_no_configuration(api, look):
    api.add_fault(Fault(method="images.list", kind="error", status=503, times=99))
    report = look(patience_s=0, bakedImages="require")

    assert report.kind == "infrastructure"
    assert report.problems[0].endswith("; try again later")


def test_it_is_one_of_the_checks_of_a_project(api, make_settings, place, ending):
    api.deny("images.list")
    api.set_quota("capo", "N2_CPUS", 20, "us-east4")
    settings = make_settings(bakedImages="require", bakedImageProject="images")
    report = checks.of_project(settings, place, ending, present=False)

    assert [problem.partition(":")[0] for problem in report.problems] == [
        "quota N2_CPUS",
        "images in images cannot be read",
    ]
    assert report.kind == "configuration"
