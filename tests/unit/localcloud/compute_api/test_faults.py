"""Faults: each queued fault happens once, in the call for which it was queued."""

import pytest

from localcloud.compute_api.faults import Fault

NETWORK = {"name": "net", "autoCreateSubnetworks": False}


def test_error_is_answered_once(client):
    client.api.add_fault(Fault(method="networks.insert", kind="error", status=503))
    path = f"{client.base}/global/networks"
    assert client.refused("POST", path, NETWORK).code == 503
    assert client.api.remaining_faults() == []
    client.call("POST", path, NETWORK)


def test_error_can_be_had_several_times(client):
    client.api.add_fault(Fault(method="networks.list", kind="error", status=500, times=2))
    path = f"{client.base}/global/networks"
    assert [client.send("GET", path).status for _ in range(3)] == [500, 500, 200]


def test_an_api_can_fail_now_and_then(client):
    client.api.add_fault(Fault(method="*", kind="error", times=2, every=3))
    path = f"{client.base}/global/networks"
    answers = [client.send("GET", path).status for _ in range(9)]
    assert answers == [200, 200, 503, 200, 200, 503, 200, 200, 200]


def test_other_methods_do_not_suffer(client):
    client.api.add_fault(Fault(method="networks.delete", kind="error"))
    client.call("GET", f"{client.base}/global/networks")
    assert len(client.api.remaining_faults()) == 1


def test_other_projects_do_not_suffer(client):
    client.api.add_fault(Fault(method="*", kind="error", project="other"))
    client.call("GET", f"{client.base}/global/networks")


def test_lost_answer_leaves_the_resource(client):
    """A killed engine finds it by a 409 at its next insert."""
    client.api.add_fault(Fault(method="networks.insert", kind="lost"))
    path = f"{client.base}/global/networks"
    assert client.send("POST", path, NETWORK).lost
    assert client.refused("POST", path, NETWORK).reason == "alreadyExists"


def test_operation_error_ends_the_operation(client):
    client.api.add_fault(
        Fault(method="networks.insert", kind="operation_error", code="BACKEND", message="boom")
    )
    error = client.failed("POST", f"{client.base}/global/networks", NETWORK)
    assert (error["code"], error["message"]) == ("BACKEND", "boom")
    assert client.refused("GET", f"{client.base}/global/networks/net").code == 404


def test_failed_deletion_leaves_the_resource(client):
    path = client.network()
    client.api.add_fault(Fault(method="networks.delete", kind="operation_error"))
    client.failed("DELETE", path)
    client.done("DELETE", path)


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="'explode' is none of"):
        Fault(method="*", kind="explode")
