"""Baked images: what is written is read again, and odd images do no harm."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.baked_images import (
    DESCRIPTION_LIMIT,
    describe,
    family_of,
    has_our_form,
    labels_of,
    name_of,
    read,
)
from stacks.image_key import ImageKey, image_key
from stacks.settings import Settings

NOW = datetime(2026, 11, 28, 3, 15, 42, tzinfo=UTC)
SETTINGS = Settings(stack="ci", project="capo")
COMMITS = {f"openstack/project-{number}": "0123456789abcdef" * 3 for number in range(14)}
RESOURCE_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


@pytest.fixture
def key():
    return image_key(SETTINGS, "controller")


@pytest.fixture
def body(key):
    """An image as the API returns it."""
    return {
        "name": name_of("capo-e2e", "controller", NOW, "x7k2"),
        "selfLink": "https://www.googleapis.com/compute/v1/projects/images/global/images/n",
        "status": "READY",
        "creationTimestamp": "2026-11-27T19:15:42.123-08:00",
        "labels": labels_of("controller", key, SETTINGS.release, NOW),
        "description": describe(key, COMMITS),
    }


def test_names_and_labels_say_what_it_is(body, key):
    assert family_of("capo-e2e", "controller") == "capo-e2e-controller"
    assert body["name"] == "capo-e2e-controller-20261128-031542-x7k2"
    assert body["labels"] == {
        "devstack-image": "controller",
        "devstack-key": key.digest,
        "devstack-release": "2025-2",
        "devstack-date": "20261128",
    }


@given(st.from_regex(r"[a-z]([-a-z0-9]{0,60}[a-z0-9])?", fullmatch=True))
def test_every_cluster_gives_a_name_of_our_form(cluster):
    name = name_of(cluster, "controller", NOW, "x7k2")

    assert RESOURCE_NAME.fullmatch(name)
    assert has_our_form(name)


@pytest.mark.parametrize("name", ["debian-12-bookworm-v20260114", "capo-e2e-ci-controller"])
def test_other_names_have_another_form(name):
    assert not has_our_form(name)


def test_an_image_is_read_as_it_was_written(body, key):
    image = read(body, "controller")

    assert image is not None
    assert image.reference == f"images/{body['name']}"
    assert (image.key, image.parts) == (key.digest, key.parts)


@pytest.mark.parametrize(
    ("later", "days"),
    [(timedelta(hours=23), 0), (timedelta(days=2, hours=1), 2), (-timedelta(days=3), 0)],
)
def test_its_age_is_in_full_days(body, later, days):
    """A clock that is behind must not make a new image an unusable one."""
    assert read(body, "controller").age_days(NOW + later) == days


@pytest.mark.parametrize(
    "change",
    [
        {"status": "PENDING"},
        {"status": "FAILED"},
        {"status": "DELETING"},
        {"labels": {}},
        {"labels": {"devstack-image": "controller"}},
        {"labels": {"devstack-image": "controller", "devstack-key": ""}},
        {"labels": {"devstack-key": "0" * 32}},
        {"labels": {"devstack-image": "worker", "devstack-key": "0" * 32}},
        {"deprecated": {"state": "DEPRECATED"}},
        {"deprecated": {"state": "OBSOLETE"}},
    ],
)
def test_an_image_that_no_node_can_boot_is_none(body, change):
    assert read(body | change, "controller") is None


def test_an_image_without_labels_is_none(body):
    """The API leaves out what is empty."""
    del body["labels"]

    assert read(body, "controller") is None


def test_an_image_in_use_again_is_read(body):
    assert read(body | {"deprecated": {"state": "ACTIVE"}}, "controller")


@pytest.mark.parametrize(
    "description",
    ["", "made by hand", "{", "[]", "null", "3", "{}", '{"parts": 3}', '{"parts": {"mtu": 1460}}'],
)
def test_a_malformed_description_has_no_parts(body, description):
    """The labels alone decide whether it fits."""
    image = read(body | {"description": description}, "controller")

    assert (image.name, image.parts) == (body["name"], {})


def test_a_missing_description_has_no_parts(body):
    del body["description"]

    assert read(body, "controller").parts == {}


def test_a_description_has_all_parts_and_short_commits(body, key):
    document = json.loads(body["description"])

    assert document["parts"] == key.parts
    assert document["commits"]["openstack/project-0"] == "0123456789ab"
    assert len(document["commits"]) == 14


def test_the_longest_parts_leave_room(key):
    """Every value of a setting is at its longest."""
    longest = ImageKey(parts=dict.fromkeys(key.parts, "x" * 24))

    assert json.loads(describe(longest, {}))["parts"] == longest.parts


@given(st.dictionaries(st.text(max_size=40), st.text(max_size=40), max_size=60))
def test_no_description_is_longer_than_compute_engine_takes(commits):
    key = image_key(SETTINGS, "worker")
    text = describe(key, commits)

    assert len(text) <= DESCRIPTION_LIMIT
    assert json.loads(text)["parts"] == key.parts


def test_parts_that_do_not_fit_are_an_error():
    """A cut description could not be read again."""
    with pytest.raises(ValueError, match=r"a description has .* characters without any commit"):
        describe(ImageKey(parts={"x": "x" * DESCRIPTION_LIMIT}), {})
