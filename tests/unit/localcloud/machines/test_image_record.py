"""Image record: a later cloud has the baked images of an earlier one."""

import json

import pytest

from localcloud.compute_api.hooks import ImageView
from localcloud.compute_api.server import ComputeApi
from localcloud.machines.baked_images import BakedImages
from localcloud.machines.image_record import ImageRecord

PATH = "projects/capo/global/images/devstack-controller-1"
BODY = {
    "id": "1000000000000079190",
    "name": "devstack-controller-1",
    "family": "devstack-controller",
    "labels": {"key": "abc"},
    "description": "made of main",
    "creationTimestamp": "2026-12-01T00:00:00Z",
    "status": "PENDING",
}


class Machine:
    """A machine whose disk has one file."""

    def __init__(self):
        self.layers = ()

    def capture(self, layer):
        layer.mkdir()
        (layer / "file").touch()
        self.layers = (layer,)


class Cloud:
    """The API, images and record of a cloud, on files that outlive it."""

    def __init__(self, folder, tree="bookworm-1"):
        self.api = ComputeApi()
        self.images = BakedImages(folder / "layers")
        self.record = ImageRecord(folder / "images.json", folder / tree, self.api, self.images)
        self.record.restore()
        self.record.attach()

    def bake(self):
        """Capture a machine and announce its image."""
        self.api.restore_image(PATH, BODY)
        view = ImageView(PATH, BODY["id"])
        self.images.capture(view, Machine())
        self.api.cloud.hooks.image_created(view, None)
        self.api.cloud.hooks.drain()

    def own_images(self):
        return {p: b for p, b in self.api.image_bodies().items() if p.startswith("projects/capo")}


@pytest.fixture
def baked(tmp_path):
    """A folder with the files of a cloud that has ended, in which one image was baked."""
    Cloud(tmp_path).bake()
    return tmp_path


def test_the_next_cloud_has_the_image_and_its_files(baked):
    later = Cloud(baked)

    assert later.own_images() == {PATH: {**BODY, "status": "READY"}}
    [layer] = later.images.layers(ImageView(PATH, BODY["id"]))
    assert (layer / "file").exists()


def test_new_images_get_other_ids(baked):
    """The ID names the layer, and a cloud counts its IDs from the same number."""
    assert int(Cloud(baked).api.cloud.new_id()) > int(BODY["id"])


def test_a_deleted_image_is_not_there_again(baked):
    cloud = Cloud(baked)
    cloud.images.discard(ImageView(PATH, BODY["id"]))
    cloud.api.remove(PATH)
    cloud.api.cloud.hooks.drain()

    assert Cloud(baked).own_images() == {}
    assert list((baked / "layers").iterdir()) == []


def test_an_image_over_another_tree_is_left_out(baked, capsys):
    assert Cloud(baked, tree="bookworm-2").own_images() == {}
    assert "the Debian tree below it has changed" in capsys.readouterr().err


def test_an_image_whose_files_are_gone_is_left_out(baked, capsys):
    [layer] = (baked / "layers").iterdir()
    (layer / "file").unlink()
    layer.rmdir()

    assert Cloud(baked).own_images() == {}
    assert f"{PATH}: left out: the layer {BODY['id']} is missing" in capsys.readouterr().err


def test_files_of_no_image_are_removed(baked):
    """A cloud that was killed in the middle of a capture leaves some."""
    (baked / "layers/half").mkdir()
    Cloud(baked)

    assert [layer.name for layer in (baked / "layers").iterdir()] == [BODY["id"]]


def test_an_image_without_files_is_not_recorded(baked):
    cloud = Cloud(baked)
    cloud.api.publish_image("capo", "other", "other-1")
    cloud.api.cloud.hooks.image_created(ImageView("projects/capo/global/images/other-1", "7"), None)
    cloud.api.cloud.hooks.drain()

    assert [e["path"] for e in json.loads((baked / "images.json").read_text())] == [PATH]
