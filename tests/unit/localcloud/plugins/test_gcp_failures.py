"""Gcp: failures in the real plugin's words, and the state that they leave."""

import grpc
import pytest

# A process can load only one copy of these; Google's clients load this one, not Pulumi's.
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2

from localcloud.compute_api.capacity import FullZone
from localcloud.compute_api.faults import Fault
from localcloud.plugins.values import from_struct
from tests.patience import FOREVER_S
from tests.unit.localcloud.plugins.gcp_plugin import ADDRESS, INSTANCE, NETWORK
from tests.unit.localcloud.plugins.plugin_process import Plugin, failure


def test_a_full_zone_is_an_operation_that_fails_and_leaves_nothing(gcp):
    """The message is the service's. Without an ID, nothing enters the state."""
    subnetwork = gcp.subnetwork().link
    gcp.api.fill_zone(FullZone(zone="us-east4-a", project=gcp.project))
    with pytest.raises(grpc.RpcError) as raised:
        gcp.create(INSTANCE, gcp.instance_inputs(subnetwork))
    gcp.api.empty_zone("us-east4-a")
    assert failure(raised).startswith(
        "1 error occurred:\n\t* "
        f"Error waiting for instance to create: The zone 'projects/{gcp.project}/zones/us-east4-a'"
        " does not have enough resources available to fulfill the request."
    )
    assert raised.value.trailing_metadata() == ()


def test_a_failed_operation_of_another_type_names_both(gcp):
    """The real plugin has the error twice."""
    fault = Fault(
        method="networks.insert",
        kind="operation_error",
        project=gcp.project,
        code="INTERNAL",
        message="Internal error.",
    )
    gcp.api.add_fault(fault)
    with pytest.raises(grpc.RpcError) as raised:
        gcp.network()
    assert failure(raised) == (
        "1 error occurred:\n\t* Error waiting to create Network: Error waiting for Creating"
        " Network: Internal error.\n\n\n"
    )


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (503, "backendError"),
        (429, "rateLimitExceeded"),
        (403, "rateLimitExceeded"),
        (409, "operationInProgress"),
    ],
)
def test_a_passing_refusal_is_tried_again(gcp, status, reason):
    """The operator sees the reason for the delay."""
    gcp.api.add_fault(
        Fault(
            method="networks.insert",
            kind="error",
            project=gcp.project,
            status=status,
            reason=reason,
            message="Later.",
        )
    )
    assert gcp.network().id
    assert f"will try again: googleapi: Error {status}: Later., {reason}" in (
        gcp.plugin.engine.statuses
    )


def test_other_refusals_are_final(gcp):
    """A retry would only take time."""
    fault = Fault(
        method="networks.insert",
        kind="error",
        project=gcp.project,
        status=403,
        reason="forbidden",
        message="Required 'compute.networks.create' permission",
    )
    gcp.api.add_fault(fault)
    with pytest.raises(grpc.RpcError) as raised:
        gcp.network()
    assert failure(raised) == (
        "1 error occurred:\n\t* Error creating Network: googleapi: Error 403: Required"
        " 'compute.networks.create' permission, forbidden\n\n"
    )


def test_labels_that_fail_after_the_creation_leave_the_resource_in_state(gcp):
    """The resource exists, and a destroy must find it."""
    fault = Fault(
        method="addresses.setLabels",
        kind="error",
        project=gcp.project,
        status=400,
        reason="invalid",
        message="No.",
    )
    gcp.api.add_fault(fault)
    with pytest.raises(grpc.RpcError) as raised:
        gcp.create(ADDRESS, {"name": "ip", "region": "us-east4", "labels": {"a": "b"}})
    kept = partial_state(raised.value)
    assert kept.id == f"projects/{gcp.project}/regions/us-east4/addresses/ip"
    assert from_struct(kept.properties)["name"] == "ip"
    assert "Error adding labels to ComputeAddress" in kept.reasons[0]


def partial_state(error):
    """Return the state that the engine takes from a failed creation."""
    metadata = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    kept = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(kept)
    return kept


def test_deletion_in_use_names_the_user(gcp):
    """The error begins with the URN, as in the real plugin."""
    subnetwork = gcp.subnetwork()
    gcp.create(INSTANCE, gcp.instance_inputs(subnetwork.link))
    with pytest.raises(grpc.RpcError) as raised:
        gcp.delete(subnetwork)
    assert failure(raised).startswith("deleting urn:pulumi:")
    assert "* Error when reading or editing Subnetwork: googleapi: Error 400" in failure(raised)
    assert "is already being used by" in failure(raised)


def test_a_refresh_that_is_refused_is_no_loss(gcp):
    """Only a 404 removes a resource from the state."""
    made = gcp.network()
    fault = Fault(
        method="networks.get",
        kind="error",
        project=gcp.project,
        status=403,
        reason="forbidden",
        message="No.",
    )
    gcp.api.add_fault(fault)
    with pytest.raises(grpc.RpcError) as raised:
        gcp.refresh(made)
    assert failure(raised).startswith("refreshing urn:pulumi:")
    assert f'editing ComputeNetwork "{made.id}": googleapi: Error 403: No., forbidden' in (
        failure(raised)
    )


def test_a_creation_ends_at_its_timeout(gcp):
    """After the time of custom_timeouts, the operation goes on without the plugin."""
    gcp.api.set_latency({"network": FOREVER_S})
    try:
        with pytest.raises(grpc.RpcError) as raised:
            gcp.create(NETWORK, {"name": "slow", "autoCreateSubnetworks": False}, timeout_s=1)
    finally:
        gcp.api.set_latency({"network": 0})
    assert "timeout while waiting for state to become 'DONE'" in failure(raised)


def test_cancel_ends_a_wait(api):
    """The engine calls Cancel at Ctrl-C; the wait ends at its next poll."""
    plugin = Plugin("localcloud.plugins.gcp")
    try:
        plugin.configure(
            project="cancelled",
            computeCustomEndpoint=api.url,
            accessToken="x",
            pollInterval="100ms",
        )
        api.set_latency({"network": FOREVER_S})
        timer = plugin.cancel_soon(0.5)
        with pytest.raises(grpc.RpcError) as raised:
            plugin.create(NETWORK, {"name": "slow", "autoCreateSubnetworks": False})
        timer.join()
    finally:
        api.set_latency({"network": 0})
        plugin.close()
    assert failure(raised).strip().endswith("unable to finish polling, context has been cancelled")
