"""Pending operations: resources that a killed run created are adopted by their names."""

import json

import pytest

from job.cloud.engine.pending import adopted, reconcile

PROVIDER = "urn:pulumi:ci::devstack::pulumi:providers:gcp::default"


def resource(kind, name, **inputs):
    return {
        "urn": f"urn:pulumi:ci::devstack::{kind}::{name}",
        "custom": True,
        "type": kind,
        "inputs": {"name": f"capo-e2e-ci-{name}", **inputs},
        "provider": f"{PROVIDER}::some-id",
    }


def state(*pending, resources=()):
    provider = {
        "urn": PROVIDER,
        "custom": True,
        "type": "pulumi:providers:gcp",
        "id": "some-id",
        "inputs": {"project": "capo"},
    }
    return {
        "resources": [provider, *resources],
        "pending_operations": [{"resource": r, "type": kind} for r, kind in pending],
    }


@pytest.mark.parametrize(
    ("kind", "inputs", "resource_id"),
    [
        ("network:Network", {}, "projects/capo/global/networks/capo-e2e-ci-x"),
        ("firewall:Firewall", {}, "projects/capo/global/firewalls/capo-e2e-ci-x"),
        (
            "subnetwork:Subnetwork",
            {"region": "us-east4"},
            "projects/capo/regions/us-east4/subnetworks/capo-e2e-ci-x",
        ),
        (
            "address:Address",
            {"region": "us-east4"},
            "projects/capo/regions/us-east4/addresses/capo-e2e-ci-x",
        ),
        (
            "router:Router",
            {"region": "us-east4"},
            "projects/capo/regions/us-east4/routers/capo-e2e-ci-x",
        ),
        (
            "routerNat:RouterNat",
            {"region": "us-east4", "router": "r"},
            "capo/us-east4/r/capo-e2e-ci-x",
        ),
        (
            "instance:Instance",
            {"zone": "us-east4-b", "project": "other"},
            "projects/other/zones/us-east4-b/instances/capo-e2e-ci-x",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and ":" in value else "",
)
def test_a_pending_creation_becomes_a_resource_with_its_id(kind, inputs, resource_id):
    pending = resource(f"gcp:compute/{kind}", "x", **inputs)
    after = adopted(state((pending, "creating")), "")

    assert after["resources"][-1] == {**pending, "id": resource_id}
    assert after["pending_operations"] == []


def test_the_project_may_come_from_the_environment():
    before = state((resource("gcp:compute/network:Network", "x"), "creating"))
    before["resources"][0]["inputs"] = {}

    assert adopted(before, "mine")["resources"][-1]["id"].startswith("projects/mine/")


def test_a_command_is_forgotten_and_so_run_again():
    """A command leaves no resource to adopt."""
    before = state((resource("command:local:Command", "credentials"), "creating"))

    assert adopted(before, "")["resources"] == before["resources"]


@pytest.mark.parametrize("kind", ["deleting", "updating", "reading"])
def test_other_operations_leave_the_resource_as_it_is(kind):
    """The state has the resource already, and the refresh updates it."""
    known = resource("gcp:compute/network:Network", "x") | {"id": "the-id"}
    before = state((known, kind), resources=[known])

    assert adopted(before, "")["resources"] == before["resources"]


def test_a_resource_that_is_in_state_is_not_doubled():
    known = resource("gcp:compute/network:Network", "x") | {"id": "the-id"}
    before = state((resource("gcp:compute/network:Network", "x"), "creating"), resources=[known])

    assert adopted(before, "")["resources"] == before["resources"]


def test_a_replacement_is_adopted_beside_the_old_one_that_is_to_go():
    old = resource("gcp:compute/network:Network", "x") | {"id": "old", "delete": True}
    new = resource("gcp:compute/network:Network", "x")

    assert len(adopted(state((new, "creating"), resources=[old]), "")["resources"]) == 3


def test_the_state_is_put_back_and_then_read_from_the_cloud(pulumi, cli, capsys):
    deployment = state((resource("gcp:compute/network:Network", "x"), "creating"))
    cli.answer("stack export", stdout=json.dumps({"version": 3, "deployment": deployment}))
    reconcile(pulumi)
    export, put_back, refresh, again = cli.calls

    assert export == again == "stack export --stack ci"
    assert put_back.startswith("stack import --stack ci --file ")
    assert refresh == "refresh --yes --skip-preview --stack ci"
    assert "job: an earlier run was killed" in capsys.readouterr().out


def test_a_whole_state_is_only_looked_at(pulumi, cli):
    reconcile(pulumi)

    assert cli.calls == ["stack export --stack ci"]
