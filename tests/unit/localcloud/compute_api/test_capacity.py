"""Capacity: full zones, in every form in which the service reports them."""

import pytest

from localcloud.compute_api.capacity import FullZone

TEXT = "does not have enough resources available to fulfill the request."


def test_full_zone_ends_the_operation(wired):
    wired.api.fill_zone(FullZone(zone="us-east4-a"))
    operation = wired.do("POST", f"{wired.zone}/instances", wired.instance_body())
    assert operation["error"]["errors"][0]["code"] == "ZONE_RESOURCE_POOL_EXHAUSTED"
    assert TEXT in operation["error"]["errors"][0]["message"]
    assert operation["httpErrorStatusCode"] == 503


def test_full_zone_can_name_zones_with_room(wired):
    full = FullZone(zone="us-east4-a", shape="operation_with_details")
    wired.api.fill_zone(full)
    error = wired.failed("POST", f"{wired.zone}/instances", wired.instance_body())
    assert error["code"] == "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"
    info = error["errorDetails"][2]["errorInfo"]
    assert info["metadatas"]["vmType"] == "n2-standard-2"


def test_full_zone_can_refuse_the_insert(wired):
    wired.api.fill_zone(FullZone(zone="us-east4-a", shape="insert"))
    refusal = wired.refused("POST", f"{wired.zone}/instances", wired.instance_body())
    assert (refusal.code, refusal.reason) == (503, "ZONE_RESOURCE_POOL_EXHAUSTED")


@pytest.mark.parametrize("shape", ["operation", "operation_with_details", "insert"])
def test_full_zone_leaves_nothing_behind(wired, shape):
    wired.api.fill_zone(FullZone(zone="us-east4-a", shape=shape))
    wired.send("POST", f"{wired.zone}/instances", wired.instance_body())
    wired.clock.advance(1)
    left = [item["path"] for item in wired.api.inventory(wired.project)]
    assert left == [f"{wired.base}/global/networks/net", f"{wired.region}/subnetworks/sub"]


def test_instance_that_finds_no_room_holds_no_address(wired):
    """The next zone needs the same fixed address while the first failure is still under way."""
    wired.api.set_latency({"instance": 60.0})
    wired.api.fill_zone(FullZone(zone="us-east4-a"))
    nic = wired.nic(networkIP="10.0.3.15")
    wired.call("POST", f"{wired.zone}/instances", wired.instance_body(networkInterfaces=nic))
    other = wired.instance_body(networkInterfaces=nic)
    other["machineType"] = "zones/us-east4-b/machineTypes/n2-standard-2"
    wired.done("POST", f"{wired.base}/zones/us-east4-b/instances", other)


def test_full_zone_of_another_project_has_room(wired):
    wired.api.fill_zone(FullZone(zone="us-east4-a", project="other"))
    wired.instance()


def test_zone_can_be_emptied(wired):
    wired.api.fill_zone(FullZone(zone="us-east4-a"))
    wired.api.empty_zone("us-east4-a")
    wired.instance()
