"""Journal: the longest chain of dependent operations, the shortest time that the API allows."""

LATENCIES = {
    "network": 10.0,
    "subnetwork": 10.0,
    "firewall": 5.0,
    "router": 5.0,
    "address": 5.0,
    "instance": 20.0,
}


def chain(client):
    report = client.api.operations(client.project)
    return [entry["method"] for entry in report["chain"]], report["chainSeconds"]


def test_chain_follows_references_not_the_order_of_requests(wired):
    """Both routers refer only to the network, so the chain has just one of them."""
    wired.api.set_latency(LATENCIES)
    for name in ("a", "b"):
        wired.done(
            "POST", f"{wired.region}/routers", {"name": name, "network": "global/networks/net"}
        )
    methods, seconds = chain(wired)
    assert methods == ["networks.insert", "routers.insert"]
    assert seconds == 5.0


def test_chain_goes_through_the_address_that_an_instance_uses(client):
    client.api.set_latency(LATENCIES)
    client.network()
    client.subnetwork()
    client.internal("fixed", "10.0.3.15")
    client.instance(networkInterfaces=client.nic(networkIP="10.0.3.15"))
    methods, seconds = chain(client)
    assert methods == [
        "networks.insert",
        "subnetworks.insert",
        "addresses.insert",
        "instances.insert",
    ]
    assert seconds == 45.0


def test_chain_of_deletions_is_the_reverse(wired):
    wired.api.set_latency(LATENCIES)
    instance = wired.instance()
    wired.done("DELETE", instance)
    wired.done("DELETE", f"{wired.region}/subnetworks/sub")
    wired.done("DELETE", f"{wired.base}/global/networks/net")
    methods, seconds = chain(wired)
    assert methods[-3:] == ["instances.delete", "subnetworks.delete", "networks.delete"]
    assert seconds == 60.0


def test_nat_waits_for_its_router(wired):
    wired.api.set_latency(LATENCIES)
    wired.done("POST", f"{wired.region}/routers", {"name": "r", "network": "global/networks/net"})
    nat = {
        "name": "nat",
        "natIpAllocateOption": "AUTO_ONLY",
        "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
    }
    wired.done("PATCH", f"{wired.region}/routers/r", {"nats": [nat]})
    assert chain(wired)[0] == ["networks.insert", "routers.insert", "routers.patch"]
