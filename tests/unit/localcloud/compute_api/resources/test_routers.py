"""Routers: NAT configurations are added and removed by PATCH of their router."""

import pytest

NAT = {
    "name": "nat",
    "natIpAllocateOption": "AUTO_ONLY",
    "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
}


@pytest.fixture
def router(wired):
    body = {"name": "router", "network": "global/networks/net"}
    wired.done("POST", f"{wired.region}/routers", body)
    return f"{wired.region}/routers/router"


def test_nat_is_added_by_patch(wired, router):
    wired.done("PATCH", router, {"nats": [NAT]})
    nat = wired.get(router)["nats"][0]
    assert {**nat, **NAT} == nat
    assert (nat["type"], nat["endpointTypes"]) == ("PUBLIC", ["ENDPOINT_TYPE_VM"])


def test_nat_is_removed_by_patch(wired, router):
    wired.done("PATCH", router, {"nats": [NAT]})
    wired.done("PATCH", router, {"nats": []})
    assert not wired.get(router)["nats"]


def test_patch_of_another_field_keeps_the_nat(wired, router):
    wired.done("PATCH", router, {"nats": [NAT]})
    wired.done("PATCH", router, {"description": "x"})
    assert len(wired.get(router)["nats"]) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "No"}, "nats[0].name"),
        ({"natIpAllocateOption": "NONE"}, "nats[0].natIpAllocateOption"),
        ({"natIpAllocateOption": "MANUAL_ONLY"}, "nats[0].natIps"),
        ({"sourceSubnetworkIpRangesToNat": "SOME"}, "nats[0].sourceSubnetworkIpRangesToNat"),
        ({"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS"}, "nats[0].subnetworks"),
    ],
)
def test_malformed_nat_is_refused(wired, router, change, field):
    assert field in wired.refused("PATCH", router, {"nats": [NAT | change]}).message


def test_second_nat_for_all_subnetworks_is_refused(wired, router):
    wired.done("PATCH", router, {"nats": [NAT]})
    second = {"name": "second", "network": "global/networks/net", "nats": [NAT]}
    refusal = wired.refused("POST", f"{wired.region}/routers", second)
    assert "already a NAT configuration for all subnetworks" in refusal.message


def test_address_of_a_nat_is_in_use(wired, router):
    path = wired.address("egress")
    link = wired.get(path)["selfLink"]
    nat = NAT | {"natIpAllocateOption": "MANUAL_ONLY", "natIps": [link]}
    wired.done("PATCH", router, {"nats": [nat]})
    assert wired.refused("DELETE", path).reason == "resourceInUseByAnotherResource"


def test_router_goes_with_its_nat(wired, router):
    wired.done("PATCH", router, {"nats": [NAT]})
    wired.done("DELETE", router)
    assert wired.refused("GET", router).code == 404


def test_router_without_a_network_is_refused(wired):
    refusal = wired.refused("POST", f"{wired.region}/routers", {"name": "r"})
    assert refusal.message == "Required field 'resource.network' not specified"


def test_nat_of_another_network_is_no_obstacle(wired, router):
    wired.done("PATCH", router, {"nats": [NAT]})
    wired.network("second")
    other = {"name": "second", "network": "global/networks/second", "nats": [NAT]}
    wired.done("POST", f"{wired.region}/routers", other)
