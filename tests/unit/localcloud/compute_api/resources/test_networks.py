"""Networks: creation, MTU and deletion while in use."""

import pytest


def test_custom_mode_network_has_no_subnetworks(client):
    network = client.get(client.network())
    assert network["autoCreateSubnetworks"] is False
    assert "subnetworks" not in network


def test_network_has_the_mtu_asked_for(client):
    assert client.get(client.network(mtu=1500))["mtu"] == 1500


def test_network_has_googles_default_mtu(client):
    assert client.get(client.network())["mtu"] == 1460


@pytest.mark.parametrize("mtu", [1299, 8897])
def test_mtu_out_of_bounds_is_refused(client, mtu):
    body = {"name": "net", "autoCreateSubnetworks": False, "mtu": mtu}
    refusal = client.refused("POST", f"{client.base}/global/networks", body)
    assert refusal.message.startswith(f"Invalid value for field 'resource.mtu': '{mtu}'.")


def test_name_that_is_taken_is_refused(client):
    path = client.network()
    refusal = client.refused(
        "POST", f"{client.base}/global/networks", {"name": "net", "autoCreateSubnetworks": False}
    )
    assert (refusal.code, refusal.reason) == (409, "alreadyExists")
    assert refusal.message == f"The resource '{path}' already exists"


def test_malformed_name_is_refused(client):
    refusal = client.refused(
        "POST", f"{client.base}/global/networks", {"name": "Net", "autoCreateSubnetworks": False}
    )
    assert "'resource.name': 'Net'. Must be a match of regex" in refusal.message


def test_legacy_network_is_refused(client):
    """Without autoCreateSubnetworks the API means a legacy network; Google offers none now."""
    assert client.refused("POST", f"{client.base}/global/networks", {"name": "n"}).code == 400


def test_auto_mode_is_refused_not_dropped(client):
    body = {"name": "net", "autoCreateSubnetworks": True}
    assert client.refused("POST", f"{client.base}/global/networks", body).code == 501


@pytest.mark.parametrize("user", ["subnetwork", "firewall", "router", "instance"])
def test_deletion_while_in_use_fails_in_the_operation(wired, user):
    """The service accepts the request; only its operation fails."""
    network = f"{wired.base}/global/networks/net"
    reference = {"name": "user", "network": network}
    if user == "firewall":
        rule = reference | {"allowed": [{"IPProtocol": "icmp"}]}
        wired.done("POST", f"{wired.base}/global/firewalls", rule)
    elif user == "router":
        wired.done("POST", f"{wired.region}/routers", reference)
    elif user == "instance":
        wired.instance("user")
    if user != "subnetwork":
        wired.api.remove(f"{wired.region}/subnetworks/sub")
    error = wired.failed("DELETE", network)
    assert error["code"] == "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE"
    assert f"The network resource '{network}' is already being used by" in error["message"]
    assert wired.get(network)["name"] == "net"


def test_routing_mode_can_be_changed(client):
    path = client.network()
    client.done("PATCH", path, {"routingConfig": {"routingMode": "GLOBAL"}})
    assert client.get(path)["routingConfig"] == {"routingMode": "GLOBAL"}


def test_network_can_be_read_by_its_id(client):
    network = client.get(client.network())
    assert client.get(f"{client.base}/global/networks/{network['id']}")["name"] == "net"


def test_same_name_in_another_project_is_another_network(client):
    client.network()
    assert client.refused("GET", "projects/other/global/networks/net").code == 404
