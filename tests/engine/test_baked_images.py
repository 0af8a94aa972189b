"""Baked images: nodes start from them, keep them, and are built if one is gone."""

from datetime import UTC, datetime

import pytest

from job.cloud import configuration
from stacks.baked_images import describe, family_of, labels_of, name_of
from stacks.image_key import image_key

SETTINGS = {"bakedImages": "prefer", "worker": False}


@pytest.fixture
def bake(cloud):
    """Put an image of a controller into a project of its own; return its path."""
    cloud.config = SETTINGS | {"bakedImageProject": f"{cloud.project}-images"}

    def put(suffix):
        settings, _ = configuration.parse(cloud.configuration(), stack="bake", project="bake")
        key, now = image_key(settings, "controller"), datetime.now(UTC)
        name = name_of("capo-e2e", "controller", now, suffix)
        family = family_of("capo-e2e", "controller")
        body = cloud.api.publish_image(settings.baked_image_project, family, name)
        body["labels"] = labels_of("controller", key, settings.release, now)
        body["description"] = describe(key, {})
        return f"projects/{settings.baked_image_project}/global/images/{name}"

    return put


def booted(cloud):
    """Return the path of the image that the controller was created from."""
    disk = f"projects/{cloud.project}/zones/us-east4-a/disks/capo-e2e-test-controller"
    link = cloud.api.resource(disk)["sourceImage"]
    return link[link.index("projects/") :]


def test_a_node_keeps_its_image_and_is_built_when_that_is_gone(cloud, bake):
    """The image is deleted before the instance that replaces the first one is created."""
    image = bake("0001")
    up = cloud.job("up")
    name = image.rpartition("/")[2]
    assert f"controller: from image {name} (built today)" in up.out
    assert booted(cloud) == image

    bake("0002")
    assert cloud.job("preview").changes() == {}
    with cloud.api.cloud.lock:
        cloud.api.cloud.store.remove(image)
    assert cloud.job("preview").changes() == {}
    done = cloud.job("replace", "controller")

    assert f"controller: image {image.split('/')[1]}/{name} cannot be used" in done.out
    assert "/ubuntu-os-cloud/" in booted(cloud)
    assert cloud.job("preview").changes() == {}
    cloud.job("down")
    assert cloud.inventory() == set()


def test_a_node_whose_image_must_fit_is_not_built(cloud, bake):
    bake("0001")
    done = cloud.job("up", check=False, bakedImages="require", release="2025.1")

    assert done.code == 1
    assert "differs in release (2025.2, here 2025.1)" in done.err
    assert cloud.inventory() == set()
