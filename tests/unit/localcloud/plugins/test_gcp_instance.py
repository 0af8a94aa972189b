"""Gcp: behaviour that only instances have."""

import grpc
import pytest

from localcloud.plugins.values import UNKNOWN
from tests.unit.localcloud.plugins.gcp_plugin import ADDRESS, FAMILY, HOST, INSTANCE
from tests.unit.localcloud.plugins.plugin_process import failure


def test_an_instance_reports_what_programs_use(gcp):
    """Addresses, the numeric ID, and fields that the API filled in."""
    address = gcp.create(ADDRESS, {"name": "ip", "region": "us-east4"}).state["address"]
    subnetwork = gcp.subnetwork().link
    nics = [{"subnetwork": subnetwork, "accessConfigs": [{"natIp": address}]}]
    made = gcp.create(INSTANCE, gcp.instance_inputs(subnetwork, networkInterfaces=nics))
    nic = made.state["networkInterfaces"][0]
    assert nic["accessConfigs"] == [{"natIp": address, "networkTier": "PREMIUM"}]
    assert nic["networkIp"].startswith("10.0.3.")
    assert made.state["instanceId"].isdigit()
    assert made.state["currentStatus"] == "RUNNING"
    assert made.state["cpuPlatform"] == "Intel Cascade Lake"
    assert made.state["machineType"] == "n2-standard-8"
    assert made.state["metadata"] == {"user-data": "#cloud-config\n"}


def test_an_ephemeral_external_address_is_asked_for_by_an_empty_access_config(gcp):
    """The API chooses the address, so a preview does not know it."""
    subnetwork = gcp.subnetwork().link
    nics = [{"subnetwork": subnetwork, "accessConfigs": [{}]}]
    inputs = gcp.instance_inputs(subnetwork, networkInterfaces=nics)
    previewed = gcp.preview(INSTANCE, inputs)["networkInterfaces"][0]
    assert previewed["accessConfigs"][0]["natIp"] is UNKNOWN
    made = gcp.create(INSTANCE, inputs)
    assert made.state["networkInterfaces"][0]["accessConfigs"][0]["natIp"]
    assert gcp.changes(made) == {}


def test_an_instances_image_is_the_link_of_what_its_disk_was_made_from(gcp):
    """A newer image in the family changes nothing; another image does."""
    made = gcp.instance()
    image = made.state["bootDisk"]["initializeParams"]["image"]
    assert image.startswith(f"{HOST}/projects/ubuntu-os-cloud/global/images/ubuntu-2404-")
    gcp.api.publish_image(
        "ubuntu-os-cloud", "ubuntu-2404-lts-amd64", f"ubuntu-2404-noble-amd64-v2099{gcp.project}"
    )
    found = gcp.refresh(made)
    assert gcp.changes(found) == {}
    assert found.inputs["bootDisk"]["initializeParams"]["image"] == FAMILY
    other = {
        "initializeParams": {**made.inputs["bootDisk"]["initializeParams"], "image": "debian-12"}
    }
    assert gcp.changes(made, bootDisk=other) == {
        "bootDisk.initializeParams.image": ("update", True)
    }


def test_user_data_has_a_path_that_the_engine_can_parse(gcp):
    """Our program names it in replace_on_changes."""
    made = gcp.instance()
    changes = gcp.changes(made, metadata={"user-data": "#cloud-config\nhostname: x\n"})
    assert changes == {'metadata["user-data"]': ("update", False)}


def test_metadata_and_tags_change_in_place(gcp):
    """Each has an API method of its own."""
    made = gcp.instance()
    changed = gcp.update(made, metadata={"a": "b"}, tags=["node"])
    assert (changed.state["metadata"], changed.state["tags"]) == ({"a": "b"}, ["node"])
    assert gcp.changes(changed) == {}


def test_a_boot_disk_grows_and_is_labelled_in_place(gcp):
    """Its image and type cannot change."""
    made = gcp.instance()
    params = made.inputs["bootDisk"]["initializeParams"]
    larger = {"initializeParams": {**params, "size": 600, "labels": {"stack": "other"}}}
    changed = gcp.update(made, bootDisk=larger)
    assert changed.state["bootDisk"]["initializeParams"]["size"] == 600
    assert gcp.changes(changed) == {}
    other = {"initializeParams": {**params, "type": "pd-balanced"}}
    assert gcp.changes(made, bootDisk=other) == {"bootDisk.initializeParams.type": ("update", True)}


def test_a_running_instance_is_not_stopped_without_leave(gcp):
    """The error is the real plugin's, and names the option that permits it."""
    made = gcp.instance()
    with pytest.raises(grpc.RpcError) as raised:
        gcp.update(made, machineType="n2-standard-4")
    assert "please set allow_stopping_for_update = true" in failure(raised)
    changed = gcp.update(made, machineType="n2-standard-4", allowStoppingForUpdate=True)
    assert changed.state["machineType"] == "n2-standard-4"
    assert changed.state["currentStatus"] == "RUNNING"


def test_what_the_stand_in_does_not_change_it_refuses(gcp):
    """It must not report an update that it did not make."""
    made = gcp.instance()
    with pytest.raises(grpc.RpcError) as raised:
        gcp.update(made, description="new")
    assert "description: this stand-in plugin does not change it in place" in failure(raised)


def test_an_external_address_is_exchanged_in_place(gcp):
    """The interface stays the same."""
    subnetwork = gcp.subnetwork().link
    nic = {"subnetwork": subnetwork, "networkIp": "10.0.3.16"}
    made = gcp.create(INSTANCE, gcp.instance_inputs(subnetwork, networkInterfaces=[nic]))
    changed = gcp.update(made, networkInterfaces=[{**nic, "accessConfigs": [{}]}])
    assert changed.state["networkInterfaces"][0]["accessConfigs"][0]["natIp"]
    back = gcp.update(changed, networkInterfaces=[nic])
    assert back.state["networkInterfaces"][0]["accessConfigs"] == []


def test_another_internal_address_replaces(gcp):
    """It can change in place only together with the subnetwork."""
    made = gcp.instance()
    nic = {**made.inputs["networkInterfaces"][0], "networkIp": "10.0.3.17"}
    assert gcp.changes(made, networkInterfaces=[nic]) == {
        "networkInterfaces[0].networkIp": ("update", True)
    }


def test_spot_replaces(gcp):
    """Preemptibility cannot change; the termination action can."""
    made = gcp.instance()
    spot = {"provisioningModel": "SPOT", "preemptible": True, "automaticRestart": False}
    assert gcp.changes(made, scheduling=spot) == {
        "scheduling.provisioningModel": ("update", True),
        "scheduling.preemptible": ("update", True),
        "scheduling.automaticRestart": ("update", False),
    }


def test_a_protected_instance_is_not_deleted(gcp):
    """The plugin itself refuses, before it calls the API."""
    made = gcp.instance(deletionProtection=True)
    with pytest.raises(grpc.RpcError) as raised:
        gcp.delete(made)
    assert "Cannot delete instance node: instance Deletion Protection is enabled" in failure(raised)


def test_an_instance_that_is_gone_cannot_be_deleted(gcp):
    """The real plugin does not accept the 404 as success, so this destroy needs a refresh."""
    made = gcp.instance()
    gcp.delete(made)
    with pytest.raises(grpc.RpcError) as raised:
        gcp.delete(made)
    assert "* Error deleting instance: googleapi: Error 404" in failure(raised)
