"""Teardown: faults, foreign resources or a broken state do not make it leave resources behind."""

import json
import time

import httplib2
import pytest

from localcloud.compute_api.faults import Fault
from tests.patience import PATIENCE_S

CONTROLLER = "zones/us-east4-a/instances/capo-e2e-test-controller"
RULE = {"allowed": [{"IPProtocol": "tcp"}], "sourceRanges": ["192.0.2.0/24"]}
ROUTE = {
    "destRange": "192.0.2.0/24",
    "nextHopGateway": "global/gateways/default-internet-gateway",
}
# Frequent enough to hit every kind of resource, rare enough for retries to succeed.
NOW_AND_THEN = 10


def send(cloud, path, body):
    """POST to the API as another client would."""
    http = httplib2.Http(timeout=PATIENCE_S)
    headers = {"Authorization": "Bearer somebody", "Content-Type": "application/json"}
    link = f"{cloud.api.url}projects/{cloud.project}/{path}"
    response, content = http.request(link, "POST", json.dumps(body), headers)
    assert response.status == 200, content


def wait_for(cloud, path):
    """Wait until a resource that another client requested is ready."""
    deadline = time.monotonic() + PATIENCE_S
    while {"path": f"projects/{cloud.project}/{path}", "state": "ready", "labels": {}} not in (
        cloud.api.inventory(cloud.project)
    ):
        assert time.monotonic() < deadline, f"{path} is not ready"
        time.sleep(0.05)


def test_rules_and_routes_of_strangers_on_our_network_go_with_it(standing):
    network = "global/networks/capo-e2e-test"
    send(standing, "global/firewalls", {"name": "scanner", "network": network, **RULE})
    send(standing, "global/routes", {"name": "detour", "network": network, **ROUTE})
    done = standing.job("down")

    assert standing.inventory() == set()
    for path in ("global/firewalls/scanner", "global/routes/detour"):
        line = (
            f"deleted projects/{standing.project}/{path}, which was not ours and held our network"
        )
        assert line in done.out


def test_an_existing_network_keeps_the_rules_of_its_owner(cloud):
    """The network stays even if its name is one that the stack would have chosen."""
    name = "capo-e2e-test"
    send(cloud, "global/networks", {"name": name, "autoCreateSubnetworks": False})
    wait_for(cloud, f"global/networks/{name}")
    network = f"global/networks/{name}"
    body = {"name": name, "network": network, "ipCidrRange": "10.0.3.0/24"}
    send(cloud, "regions/us-east4/subnetworks", body)
    wait_for(cloud, f"regions/us-east4/subnetworks/{name}")
    send(cloud, "global/firewalls", {"name": "scanner", "network": network, **RULE})
    before = cloud.inventory()
    config = {"existingNetwork": name, "existingSubnetwork": name}
    cloud.job("up", **config)
    cloud.job("down", **config)

    assert cloud.inventory() == before


@pytest.mark.parametrize(
    "faults",
    [
        [
            {"kind": "error", "status": 503},
            {"kind": "error", "status": 429, "reason": "rateLimitExceeded"},
        ],
        [
            {"kind": "error", "status": 403, "reason": "rateLimitExceeded"},
            {"kind": "operation_error", "status": 503},
        ],
    ],
    ids=["503 and 429", "403 and operation"],
)
def test_an_api_that_fails_now_and_then_keeps_nothing(standing, faults):
    for fault in faults:
        standing.api.add_fault(
            Fault(method="*", project=standing.project, times=1000, every=NOW_AND_THEN, **fault)
        )
    try:
        standing.job("down")
        left = [fault["times"] for fault in standing.api.remaining_faults()]
    finally:
        standing.api.clear_faults()

    assert standing.inventory() == set()
    assert all(times < 1000 for times in left)


@pytest.mark.parametrize("reason", ["resourceInUseByAnotherResource", "resourceNotReady"])
def test_an_instance_that_will_not_go_for_a_while_goes(standing, reason):
    """Every attempt of the engine is refused; the job then deletes the instance by its name."""
    refusal = {"kind": "error", "status": 400, "reason": reason, "times": 8}
    standing.api.add_fault(Fault(method="instances.delete", project=standing.project, **refusal))
    standing.job("down")

    assert standing.inventory() == set()
    assert standing.api.remaining_faults() == []


def test_what_may_not_be_deleted_is_named_by_urn_and_link(standing):
    """Resources that it uses stay, the others are deleted; the next `down` deletes the rest."""
    protect = f"{CONTROLLER}/setDeletionProtection?deletionProtection="
    send(standing, f"{protect}true", {})
    done = standing.job("down", "--budget", "60", check=False)

    assert done.code == 1
    [line] = [line for line in done.out.splitlines() if "::controller (https" in line]
    assert line.startswith("job: left over: urn:pulumi:test::devstack::")
    assert f"https://www.googleapis.com/compute/v1/projects/{standing.project}/{CONTROLLER}" in line
    assert "protected against deletion" in line
    assert f"projects/{standing.project}/{CONTROLLER}" in done.err
    left = standing.inventory()
    assert CONTROLLER in left
    assert not [path for path in left if path.endswith("worker") or "/firewalls/" in path]
    send(standing, f"{protect}false", {})
    standing.job("down")
    assert standing.inventory() == set()


def corrupt(cloud):
    [path] = cloud.staged.glob(f"backend/.pulumi/stacks/*/{cloud.stack}.json")
    path.write_text(path.read_text()[:100])


def forget_passphrase(cloud):
    (cloud.staged / "passphrase").write_text("another")


def lose_checkpoint(cloud):
    [path] = cloud.staged.glob(f"backend/.pulumi/stacks/*/{cloud.stack}.json")
    path.unlink()


@pytest.mark.parametrize(
    "breaking",
    [corrupt, forget_passphrase, lose_checkpoint],
    ids=lambda breaking: breaking.__name__,
)
def test_with_a_broken_or_lost_state_all_goes_by_name(standing, breaking):
    breaking(standing)
    standing.job("down")

    assert standing.inventory() == set()
    assert not standing.staged.exists()


def test_without_its_backend_all_goes_by_name(standing):
    """The state and the files that the next `down` needs are kept."""
    standing.environment["PULUMI_BACKEND_URL"] = "http://127.0.0.1:9"
    standing.environment["PULUMI_ACCESS_TOKEN"] = "any"
    done = standing.job("down")

    assert standing.inventory() == set()
    assert "the state is out of reach" in done.out
    assert "all is gone but the state in http://127.0.0.1:9" in done.out
    del standing.environment["PULUMI_BACKEND_URL"]
    standing.job("down")
    assert not standing.staged.exists()
