"""The life of a stack: creation, no-op updates, changes limited to what differs, and deletion."""

import json

import pytest
import yaml

NODES = {f"zones/us-east4-a/instances/capo-e2e-test-{role}" for role in ("controller", "worker")}


def test_up_again_changes_nothing(standing):
    inserted = len(standing.api.operations(standing.project)["operations"])

    assert standing.job("up").changes() == {}
    assert len(standing.api.operations(standing.project)["operations"]) == inserted


def test_a_newer_image_in_the_family_changes_nothing(standing):
    """Ubuntu publishes an image about once a week; a running job must keep its nodes."""
    standing.api.publish_image(
        "ubuntu-os-cloud", "ubuntu-2204-lts", f"ubuntu-2204-jammy-v2099{standing.project[-4:]}"
    )

    assert standing.job("up").changes() == {}
    standing.job("refresh")
    standing.job("preview", "--expect-no-changes")


def test_another_operating_system_replaces_the_nodes(standing):
    """Ignoring new images of a family must not hide a deliberate change of image."""
    changes = standing.job("preview", operatingSystem="ubuntu-24.04").changes()

    assert set(changes) == {"controller", "worker"}
    assert not set(changes.values()) & {"update", "create", "delete"}


def test_a_preview_names_exactly_what_changes(standing):
    done = standing.job("preview", sshSourceRanges=["198.51.100.0/24"])

    assert done.changes() == {"ssh": "update"}


def test_a_changed_label_is_an_update_in_place(standing):
    """A job that changes its labels must not lose its nodes or its network."""
    changes = standing.job("preview", labels=["pr=18"]).changes()

    assert changes == dict.fromkeys(("controller", "worker", "controller-external"), "update")


def test_changed_user_data_replaces_that_node_alone(standing):
    """Only the controller runs Glance. The old node is deleted first: the new one has its IP."""
    done = standing.job("up", glanceLimitMb=30000)

    assert set(done.changes()) == {"controller"}
    [deleted] = standing.operations("instances.delete")
    *_, inserted = standing.operations("instances.insert")
    assert deleted["target"] == inserted["target"]
    assert deleted["target"].endswith("capo-e2e-test-controller")
    assert deleted["ends"] <= inserted["inserted"]


def test_what_was_removed_behind_our_back_is_made_again(standing):
    worker = "zones/us-east4-a/instances/capo-e2e-test-worker"
    standing.api.remove(f"projects/{standing.project}/{worker}")
    standing.api.remove(
        f"projects/{standing.project}/global/firewalls/capo-e2e-test-allow-internal"
    )
    standing.job("refresh")

    assert standing.job("up").changes() == {"worker": "create", "internal": "create"}
    assert worker in standing.inventory()


def test_labels_of_others_are_left_alone(standing):
    """The provider and Google's own services add labels, too."""
    path = f"projects/{standing.project}/zones/us-east4-a/instances/capo-e2e-test-worker"
    standing.api.add_labels(path, {"somebody": "else"})
    standing.job("refresh")

    standing.job("preview", "--expect-no-changes")
    assert standing.api.resource(path)["labels"]["somebody"] == "else"


def test_down_leaves_nothing_and_may_come_twice(standing):
    standing.job("down")

    assert standing.inventory() == set()
    assert not standing.staged.exists()
    assert "nothing to destroy" in standing.job("down").out


def test_two_stacks_live_in_one_project(standing, make_cloud, tmp_path):
    other = make_cloud(tmp_path / "other")
    other.folder.mkdir()
    other.project, other.stack = standing.project, "other"
    other.job("up")
    standing.job("down")

    assert all("capo-e2e-other" in path for path in other.inventory())
    assert len([path for path in other.inventory() if "/instances/" in path]) == 2


def test_without_worker_one_node_is_built_and_the_other_can_be_added_later(cloud):
    """The controller's user data names the worker, so adding one replaces the controller."""
    cloud.job("up", worker=False)
    assert not [path for path in cloud.inventory() if "worker" in path]
    assert cloud.outputs()["availability_zones"] == ["testaz1"]

    refused = cloud.job("replace", "worker", check=False)
    assert refused.code == 1
    assert "has no worker; run 'up'" in refused.err

    cloud.job("up")
    assert cloud.inventory() >= NODES


def test_e2e_files_are_written_for_their_owner_only(running, tmp_path):
    cloud, _ = running
    cloud.job("e2e-files", "--dir", str(tmp_path))
    path = tmp_path / "clouds.yaml"

    assert path.stat().st_mode & 0o777 == 0o600
    assert set(yaml.safe_load(path.read_text())["clouds"]) == {"capo-e2e", "capo-e2e-admin"}
    assert "OPENSTACK_FAILURE_DOMAIN_ALT=testaz2" in (tmp_path / "e2e.env").read_text()


@pytest.mark.parametrize("show", [False, True])
def test_outputs_show_secrets_only_when_asked(running, show):
    cloud, _ = running
    printed = cloud.job("outputs", *(["--show-secrets"] if show else [])).out

    assert ("PRIVATE KEY" in json.loads(printed)["ssh_private_key"]) == show
