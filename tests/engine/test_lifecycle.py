"""The life of a stack: created, left alone, changed in just what changed, and gone."""

import json

import pytest
import yaml

NODES = {f"zones/us-east4-a/instances/capo-e2e-test-{role}" for role in ("controller", "worker")}


def test_up_again_changes_nothing(cloud):
    cloud.job("up")
    inserted = len(cloud.api.operations(cloud.project)["operations"])

    assert cloud.job("up").changes() == {}
    assert len(cloud.api.operations(cloud.project)["operations"]) == inserted


def test_after_up_and_refresh_a_preview_is_empty(cloud):
    cloud.job("up")
    cloud.job("refresh")

    cloud.job("preview", "--expect-no-changes")


def test_a_newer_image_in_the_family_changes_nothing(cloud):
    """Ubuntu's family moves about once a week; a running job must not notice."""
    cloud.job("up")
    cloud.api.publish_image(
        "ubuntu-os-cloud", "ubuntu-2204-lts", f"ubuntu-2204-jammy-v2099{cloud.project[-4:]}"
    )

    assert cloud.job("up").changes() == {}
    cloud.job("refresh")
    assert cloud.job("preview").changes() == {}


def test_another_operating_system_replaces_the_nodes(cloud):
    """A change that was meant is not ignored with those that were not."""
    cloud.job("up")
    changes = cloud.job("preview", operatingSystem="ubuntu-24.04").changes()

    assert set(changes) == {"controller", "worker"}
    assert not set(changes.values()) & {"update", "create", "delete"}


def test_a_preview_names_exactly_what_changes(cloud):
    cloud.job("up", sshSourceRanges=["192.0.2.0/24"])
    done = cloud.job("preview", sshSourceRanges=["198.51.100.0/24"])

    assert done.changes() == {"ssh": "update"}


def test_a_changed_label_is_an_update_in_place(cloud):
    """A job that labels its resources anew must not lose its nodes, or even its network."""
    cloud.job("up", labels=["pr=17"])
    changes = cloud.job("preview", labels=["pr=18"]).changes()

    assert changes == dict.fromkeys(("controller", "worker", "controller-external"), "update")


def test_changed_user_data_replaces_that_node_alone(cloud):
    """Only the controller has Glance; the old node goes first, for both have one address."""
    cloud.job("up")
    done = cloud.job("up", glanceLimitMb=30000)

    assert set(done.changes()) == {"controller"}
    [deleted] = cloud.operations("instances.delete")
    *_, inserted = cloud.operations("instances.insert")
    assert deleted["target"] == inserted["target"]
    assert deleted["target"].endswith("capo-e2e-test-controller")
    assert deleted["ends"] <= inserted["inserted"]


def test_what_was_removed_behind_our_back_is_made_again(cloud):
    cloud.job("up")
    worker = "zones/us-east4-a/instances/capo-e2e-test-worker"
    cloud.api.remove(f"projects/{cloud.project}/{worker}")
    cloud.api.remove(f"projects/{cloud.project}/global/firewalls/capo-e2e-test-allow-internal")
    cloud.job("refresh")

    assert cloud.job("up").changes() == {"worker": "create", "internal": "create"}
    assert worker in cloud.inventory()


def test_labels_of_others_are_left_alone(cloud):
    """The provider and Google's own services add labels of theirs."""
    cloud.job("up")
    path = f"projects/{cloud.project}/zones/us-east4-a/instances/capo-e2e-test-worker"
    cloud.api.add_labels(path, {"somebody": "else"})
    cloud.job("refresh")

    cloud.job("preview", "--expect-no-changes")
    assert cloud.api.resource(path)["labels"]["somebody"] == "else"


def test_down_leaves_nothing_and_may_come_twice(cloud):
    cloud.job("up")
    cloud.job("down")

    assert cloud.inventory() == set()
    assert not cloud.staged.exists()
    assert "nothing to destroy" in cloud.job("down").out


def test_two_stacks_live_in_one_project(cloud, make_cloud, tmp_path):
    other = make_cloud(tmp_path / "other")
    other.folder.mkdir()
    other.project, other.stack = cloud.project, "other"
    cloud.job("up")
    other.job("up")
    cloud.job("down")

    assert all("capo-e2e-other" in path for path in other.inventory())
    assert len([path for path in other.inventory() if "/instances/" in path]) == 2


def test_an_existing_network_outlives_the_stack(cloud, make_cloud, tmp_path):
    """Its owner's resources are neither changed nor deleted."""
    owner = make_cloud(tmp_path / "owner")
    owner.folder.mkdir()
    owner.project, owner.stack = cloud.project, "owner"
    owner.job("up", worker=False, controllerIp="10.0.3.99")
    before = owner.inventory()
    cloud.job("up", existingNetwork="capo-e2e-owner", existingSubnetwork="capo-e2e-owner")

    assert cloud.inventory() >= NODES | before
    cloud.job("down")
    assert owner.inventory() == before


def test_without_worker_one_node_is_built(cloud):
    cloud.job("up", worker=False)

    assert not [path for path in cloud.inventory() if "worker" in path]
    assert cloud.outputs()["availability_zones"] == ["testaz1"]


def test_the_worker_can_be_added_later(cloud):
    """The controller's user data names it, so the controller is built anew."""
    cloud.job("up", worker=False)
    cloud.job("up")

    assert cloud.inventory() >= NODES


def test_e2e_files_are_written_for_their_owner_only(cloud, tmp_path):
    cloud.job("up")
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
