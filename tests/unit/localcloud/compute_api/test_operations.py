"""Operations: their life cycle, and the form in which clients poll them."""

import threading

import pytest

from tests.patience import PATIENCE_S


@pytest.fixture
def slow(client):
    """A client whose networks take ten seconds to create."""
    client.api.set_latency({"network": 10.0})
    return client


def start(client):
    body = {"name": "net", "autoCreateSubnetworks": False}
    operation = client.call("POST", f"{client.base}/global/networks", body)
    return operation, f"{client.base}/global/operations/{operation['name']}"


def test_operation_goes_from_pending_over_running_to_done(slow):
    operation, path = start(slow)
    seen = [operation["status"]]
    for seconds in (1, 8.9, 0.1):
        slow.clock.advance(seconds)
        seen.append(slow.get(path)["status"])
    assert seen == ["PENDING", "RUNNING", "RUNNING", "DONE"]


def test_operation_that_is_done_carries_its_times(slow):
    _, path = start(slow)
    slow.clock.advance(10)
    done = slow.get(path)
    assert done["progress"] == 100
    assert done["insertTime"] < done["startTime"] < done["endTime"]


def test_operation_names_its_target_by_google_link(slow):
    operation, _ = start(slow)
    target = f"https://www.googleapis.com/compute/v1/{slow.base}/global/networks/net"
    assert operation["targetLink"] == target
    assert operation["operationType"] == "insert"
    assert operation["kind"] == "compute#operation"


@pytest.mark.parametrize(
    ("collection", "field"), [("regions/us-east4", "region"), ("zones/us-east4-a", "zone")]
)
def test_operation_names_its_scope(wired, collection, field):
    """Clients choose the URL to poll by the presence of zone or region."""
    if field == "zone":
        operation = wired.call("POST", f"{wired.zone}/disks", {"name": "d", "sizeGb": "10"})
    else:
        operation = wired.call("POST", f"{wired.region}/addresses", {"name": "a"})
    assert operation[field].endswith(f"{wired.base}/{collection}")


def test_resource_is_visible_at_once_and_usable_when_done(slow):
    """The service answers resourceNotReady to a request that comes too early."""
    start(slow)
    assert slow.get(f"{slow.base}/global/networks/net")["name"] == "net"
    rule = {"name": "fw", "network": "global/networks/net", "allowed": [{"IPProtocol": "icmp"}]}
    assert slow.refused("POST", f"{slow.base}/global/firewalls", rule).reason == "resourceNotReady"
    slow.clock.advance(10)
    slow.call("POST", f"{slow.base}/global/firewalls", rule)


def test_deleted_resource_is_gone_when_the_operation_is_done(slow):
    start(slow)
    slow.clock.advance(10)
    path = f"{slow.base}/global/networks/net"
    slow.call("DELETE", path)
    assert slow.get(path)["name"] == "net"
    assert slow.refused("DELETE", path).reason == "resourceNotReady"
    slow.clock.advance(10)
    assert slow.refused("GET", path).code == 404


def test_operation_of_a_failed_insert_takes_the_resource_with_it(wired):
    wired.instance("first", networkInterfaces=wired.nic(networkIP="10.0.3.15"))
    body = wired.instance_body("second", networkInterfaces=wired.nic(networkIP="10.0.3.15"))
    operation = wired.do("POST", f"{wired.zone}/instances", body)
    assert (operation["httpErrorStatusCode"], operation["httpErrorMessage"]) == (400, "BAD REQUEST")
    assert wired.refused("GET", f"{wired.zone}/instances/second").code == 404
    assert wired.refused("GET", f"{wired.zone}/disks/second").code == 404


def test_wait_returns_when_the_operation_is_done(slow):
    _, path = start(slow)
    seen = []
    waiter = threading.Thread(target=lambda: seen.append(slow.call("POST", f"{path}/wait")))
    waiter.start()
    slow.clock.advance(10)
    slow.api.tick()
    waiter.join(timeout=PATIENCE_S)
    assert [operation["status"] for operation in seen] == ["DONE"]


def test_wait_does_not_hold_up_others(slow):
    _, path = start(slow)
    waiter = threading.Thread(target=slow.call, args=("POST", f"{path}/wait"))
    waiter.start()
    assert slow.get(f"{slow.base}/global/networks/net")["name"] == "net"
    slow.clock.advance(10)
    slow.api.tick()
    waiter.join(timeout=PATIENCE_S)
    assert not waiter.is_alive()


def test_unknown_operation_is_not_found(client):
    assert client.refused("GET", f"{client.base}/global/operations/operation-1").code == 404


def test_latency_of_a_method_wins_over_that_of_its_kind(slow):
    slow.api.set_latency({"networks.delete": 3.0})
    start(slow)
    slow.clock.advance(10)
    slow.call("DELETE", f"{slow.base}/global/networks/net")
    slow.clock.advance(3)
    assert slow.refused("GET", f"{slow.base}/global/networks/net").code == 404


def test_latency_of_an_unknown_kind_is_refused(client):
    with pytest.raises(ValueError, match="'netwrok' is no kind"):
        client.api.set_latency({"netwrok": 1.0})
