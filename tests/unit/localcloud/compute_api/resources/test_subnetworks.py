"""Subnetworks: ranges, overlaps and deletion while in use."""

import pytest


def body(name="other", cidr="10.0.4.0/24", network="global/networks/net"):
    return {"name": name, "network": network, "ipCidrRange": cidr}


def test_subnetwork_shows_its_gateway(wired):
    assert wired.get(f"{wired.region}/subnetworks/sub")["gatewayAddress"] == "10.0.3.1"


def test_subnetwork_appears_on_its_network(wired):
    links = wired.get(f"{wired.base}/global/networks/net")["subnetworks"]
    assert [link.rsplit("/", 1)[1] for link in links] == ["sub"]


def test_missing_network_is_not_found(client):
    refusal = client.refused("POST", f"{client.region}/subnetworks", body())
    assert (refusal.code, refusal.reason) == (404, "notFound")
    assert refusal.message == f"The resource '{client.base}/global/networks/net' was not found"


@pytest.mark.parametrize("cidr", ["10.0.3.0/24", "10.0.0.0/16", "10.0.3.128/25"])
def test_overlap_names_the_other_subnetwork(wired, cidr):
    refusal = wired.refused("POST", f"{wired.region}/subnetworks", body(cidr=cidr))
    assert refusal.reason == "invalid"
    assert (
        f"Invalid IPCidrRange: {cidr} conflicts with existing subnetwork 'sub' in region 'us-east4'"
        in refusal.message
    )


def test_same_range_on_another_network_is_no_overlap(wired):
    wired.network("second")
    wired.subnetwork("other", "10.0.3.0/24", "second")


def test_range_with_host_bits_is_refused(wired):
    refusal = wired.refused("POST", f"{wired.region}/subnetworks", body(cidr="10.0.4.7/24"))
    assert "'resource.ipCidrRange': '10.0.4.7/24'" in refusal.message


def test_unknown_region_is_refused(wired):
    path = f"{wired.base}/regions/mars-north1/subnetworks"
    assert "'mars-north1'. Unknown region" in wired.refused("POST", path, body()).message


@pytest.mark.parametrize("user", ["instance", "address", "router"])
def test_deletion_while_in_use_is_refused_at_once(wired, user):
    subnetwork = f"{wired.region}/subnetworks/sub"
    if user == "instance":
        wired.instance("user")
    elif user == "address":
        wired.internal("user", "10.0.3.15")
    else:
        nat = {
            "name": "nat",
            "natIpAllocateOption": "AUTO_ONLY",
            "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
            "subnetworks": [{"name": subnetwork, "sourceIpRangesToNat": ["ALL_IP_RANGES"]}],
        }
        router = {"name": "user", "network": "global/networks/net", "nats": [nat]}
        wired.done("POST", f"{wired.region}/routers", router)
    refusal = wired.refused("DELETE", subnetwork)
    assert (refusal.code, refusal.reason) == (400, "resourceInUseByAnotherResource")
    assert refusal.message.startswith(
        f"The subnetwork resource '{subnetwork}' is already being used by '{wired.base}/"
    )
    assert refusal.message.endswith("/user'")


def test_change_with_a_stale_fingerprint_is_refused(wired):
    path = f"{wired.region}/subnetworks/sub"
    fingerprint = wired.get(path)["fingerprint"]
    change = {"privateIpGoogleAccess": True, "fingerprint": fingerprint}
    wired.done("PATCH", path, change)
    assert wired.get(path)["privateIpGoogleAccess"] is True
    assert wired.refused("PATCH", path, change).code == 412
