"""Node images: what the stack of a bake's images asks for."""

import json

import pulumi
import pytest

from stacks import outputs
from stacks.image_key import image_key
from stacks.node_images import NodeImages, node_image_args

BAKED = {
    "bakedFrom": "bake",
    "bakedAt": "20261128-001530-ab12",
    "bakedCommits": '["controller/nova=aaaa", "worker/nova=bbbb"]',
    "workerZone": "us-east4-b",
}


@pytest.fixture
def baked(make_settings):
    return make_settings(**BAKED)


def test_each_node_has_an_image_that_says_what_made_it(run_program, baked):
    record = run_program(lambda: NodeImages("images", node_image_args(baked)))

    assert record.named("worker") == {
        "name": "capo-e2e-worker-20261128-001530-ab12",
        "family": "capo-e2e-worker",
        "project": "capo",
        "sourceDisk": "projects/capo/zones/us-east4-b/disks/capo-e2e-bake-worker",
        "labels": {
            "devstack-image": "worker",
            "devstack-key": image_key(baked, "worker").digest,
            "devstack-release": "2025-2",
            "devstack-date": "20261128",
        },
        "description": record.named("worker")["description"],
    }
    described = json.loads(record.named("controller")["description"])
    assert described["commits"] == {"nova": "aaaa"}
    assert described["parts"] == image_key(baked, "controller").parts


def test_images_may_be_in_another_project(make_settings):
    made = node_image_args(make_settings(**BAKED, bakedImageProject="images"))["controller"]

    assert made.project == "images"
    assert made.source_disk.startswith("projects/capo/")


def test_the_output_names_the_images(run_program, baked, monkeypatch):
    exported = {}
    monkeypatch.setattr(pulumi, "export", exported.__setitem__)
    run_program(lambda: outputs.export_images(NodeImages("images", node_image_args(baked))))

    assert exported["images"]["controller"] == "capo/capo-e2e-controller-20261128-001530-ab12"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("bakedAt", "", "bakedAt: '' is no time with a suffix"),
        ("bakedAt", "yesterday", "bakedAt: 'yesterday' is no time with a suffix"),
        ("bakedCommits", '["nova"]', "bakedCommits: 'nova' is not ROLE/PROJECT=COMMIT"),
    ],
)
def test_what_bake_sets_is_checked(make_settings, key, value, message):
    with pytest.raises(Exception, match=message):
        make_settings(**BAKED | {key: value})
