"""Instance changes: start and stop, and changes that need the current fingerprint."""

import pytest

from localcloud.compute_api.capacity import FullZone


def nat_ip(instance):
    return instance["networkInterfaces"][0]["accessConfigs"][0].get("natIP")


def test_stopped_instance_loses_its_ephemeral_ip(wired):
    path = wired.instance(networkInterfaces=wired.nic(accessConfigs=[{}]))
    wired.done("POST", f"{path}/stop")
    instance = wired.get(path)
    assert (instance["status"], nat_ip(instance)) == ("TERMINATED", None)


def test_stopped_instance_keeps_its_static_ip(wired):
    ip = wired.get(wired.address("a"))["address"]
    path = wired.instance(networkInterfaces=wired.nic(accessConfigs=[{"natIP": ip}]))
    wired.done("POST", f"{path}/stop")
    assert nat_ip(wired.get(path)) == ip


def test_started_instance_runs_with_an_external_ip_again(wired):
    path = wired.instance(networkInterfaces=wired.nic(accessConfigs=[{}]))
    wired.done("POST", f"{path}/stop")
    wired.done("POST", f"{path}/start")
    instance = wired.get(path)
    assert instance["status"] == "RUNNING"
    assert nat_ip(instance)


@pytest.mark.parametrize("part", ["metadata", "tags"])
def test_change_needs_the_current_fingerprint(wired, part):
    path = wired.instance()
    change = {"fingerprint": wired.get(path)[part]["fingerprint"], "items": []}
    if part == "metadata":
        change["items"] = [{"key": "user-data", "value": "new"}]
    else:
        change["items"] = ["node"]
    method = f"{path}/set{part.capitalize()}"
    wired.done("POST", method, change)
    assert wired.get(path)[part]["items"] == change["items"]
    answer = wired.refused("POST", method, change)
    assert (answer.code, answer.reason) == (412, "conditionNotMet")


def test_labels_need_the_current_fingerprint(wired):
    path = wired.instance()
    wired.api.add_labels(path, {"by": "others"})
    change = {"labels": {"a": "b"}, "labelFingerprint": "42WmSpB8rSM="}
    assert wired.refused("POST", f"{path}/setLabels", change).code == 412


def test_running_instance_keeps_its_machine_type(wired):
    path = wired.instance()
    change = {"machineType": "zones/us-east4-a/machineTypes/n2-standard-4"}
    assert wired.refused("POST", f"{path}/setMachineType", change).code == 400
    wired.done("POST", f"{path}/stop")
    wired.done("POST", f"{path}/setMachineType", change)
    assert wired.get(path)["machineType"].endswith("/n2-standard-4")


def test_start_in_a_zone_without_room_fails(wired):
    path = wired.instance()
    wired.done("POST", f"{path}/stop")
    wired.api.fill_zone(FullZone(zone="us-east4-a"))
    assert wired.failed("POST", f"{path}/start")["code"] == "ZONE_RESOURCE_POOL_EXHAUSTED"
    assert wired.get(path)["status"] == "TERMINATED"


def test_access_config_comes_and_goes(wired):
    path = wired.instance()
    wired.done("POST", f"{path}/addAccessConfig?networkInterface=nic0", {"name": "External NAT"})
    assert nat_ip(wired.get(path))
    query = "networkInterface=nic0&accessConfig=External%20NAT"
    wired.done("POST", f"{path}/deleteAccessConfig?{query}")
    assert "accessConfigs" not in wired.get(path)["networkInterfaces"][0]
