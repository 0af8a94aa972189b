"""Baked images: unusable choices and names are refused before anything is created."""

import pytest


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("bakedImages", "always", "'always'; use never, prefer, require"),
        ("bakedImages", "", "''; use never, prefer, require"),
        ("bakedImageProject", "projects/p", "'projects/p' is no project; give the ID"),
        ("bakedImageProject", "a b", "'a b' is no project"),
        ("bakedImageMaxAgeDays", "0", "0 days; give a positive number"),
        ("bakedReadyTimeoutS", "-1", "-1 seconds; give a positive number"),
        ("controllerBakedImage", "baked", "'baked' does not name one image; write PROJECT/NAME"),
        ("workerBakedImage", "projects/p/global/images/family/f", "does not name one image"),
    ],
)
def test_what_cannot_work_is_refused(refusals, key, value, complaint):
    [line] = refusals(**{key: value})

    assert line.startswith(f"devstack:{key}: ")
    assert complaint in line


@pytest.mark.parametrize("project", ["ci-images", "example.com:ci-images"])
def test_projects_with_and_without_a_domain_are_accepted(refusals, project):
    assert refusals(bakedImages="require", bakedImageProject=project) == []


def test_an_image_of_a_worker_that_is_not_built_is_no_problem(refusals):
    """As with workerZone, the setting of a node that the stack lacks has no effect."""
    assert refusals(worker="false", workerBakedImage="nonsense") == []
