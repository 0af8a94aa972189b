"""Marks: ownership by label and description before name, and names that only look like ours."""

from pathlib import Path

import pytest
import yaml

from job.cloud import stack
from job.cloud.cleanup.marks import Scope, scope_of
from job.cloud.kinds import ADDRESSES, DISKS, INSTANCES, NETWORKS
from stacks import configuration
from stacks.naming import Owner

PLANS = Path(__file__).parents[4] / "engine" / "plans"
CI = Scope(cluster="capo-e2e", stack="ci", by_name=True)
ANY = Scope(cluster="capo-e2e")
DESCRIPTION = "devstack-cluster=capo-e2e devstack-stack=ci"
LABELS = {"devstack-cluster": "capo-e2e", "devstack-stack": "ci"}


def test_every_name_of_the_program_is_known():
    """It fails when the program gains a kind of resource that cleanup cannot find."""
    planned = {
        resource["inputs"]["name"]
        for path in PLANS.glob("*.yaml")
        for resource in yaml.safe_load(path.read_text()).values()
        if resource["type"].startswith("gcp:") and "routerNat" not in resource["type"]
    }

    assert planned <= set.union(*Owner("capo-e2e", "test").names().values())


def test_everything_that_the_program_makes_is_marked_from_the_beginning():
    """Addresses are marked by description: their labels come with a later request."""
    scope = Scope(cluster="capo-e2e", stack="test")
    for path in PLANS.glob("*.yaml"):
        for name, resource in yaml.safe_load(path.read_text()).items():
            inputs = resource["inputs"]
            if not resource["type"].startswith("gcp:") or "routerNat" in resource["type"]:
                continue
            if "address:" in resource["type"]:
                inputs.pop("labels", None)
            assert scope.owner(NETWORKS, inputs) == ("capo-e2e", "test"), f"{path.name}: {name}"


def test_the_description_is_the_programs():
    settings = configuration.parse({}, stack="ci", project="p")

    assert settings.owner.description == DESCRIPTION
    assert settings.owner.labels == LABELS


@pytest.mark.parametrize("body", [{"labels": LABELS}, {"description": DESCRIPTION}], ids=str)
@pytest.mark.parametrize("scope", [CI, ANY], ids=["stack", "any"])
def test_a_mark_is_enough_whatever_the_name(scope, body):
    assert scope.owner(INSTANCES, {"name": "renamed", **body}) == Owner("capo-e2e", "ci")


@pytest.mark.parametrize(
    "body",
    [
        {"labels": LABELS | {"devstack-stack": "other"}},
        {"labels": LABELS | {"devstack-cluster": "other"}},
        {"description": "devstack-cluster=capo-e2e devstack-stack=other"},
        {"description": f"like {DESCRIPTION}"},
        {"description": f"{DESCRIPTION}, once"},
        {"description": "of the lab"},
    ],
    ids=str,
)
def test_another_mark_or_text_outweighs_our_name(body):
    assert CI.owner(INSTANCES, {"name": "capo-e2e-ci-controller", **body}) is None


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (INSTANCES, "capo-e2e-ci-worker"),
        (NETWORKS, "capo-e2e-ci"),
        (ADDRESSES, "capo-e2e-ci-controller-external"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_without_any_mark_the_exact_name_is_the_asked_for_stacks(kind, name):
    body = {"name": name, "labels": {"somebody": "else"}, "description": ""}

    assert CI.owner(kind, body) == Owner("capo-e2e", "ci")
    assert ANY.owner(kind, body) is None
    assert CI.owner(kind, body | {"name": f"{name}-2"}) is None
    assert CI.owner(kind, body | {"name": f"x{name}"}) is None


@pytest.mark.parametrize(
    ("scope", "name", "stack_name"),
    [
        (CI, "capo-e2e-ci-worker", "ci"),
        (ANY, "capo-e2e-pr-17-controller", "pr-17"),
        (CI, "capo-e2e-pr-17-controller", None),
        (ANY, "capo-e2e-controller", None),
        (ANY, "capo-e2e-pr-17-data", None),
        (ANY, "my-capo-e2e-ci-worker", None),
        (ANY, "capo-e2e-ci-worker-1", None),
    ],
)
def test_a_disk_has_only_its_name(scope, name, stack_name):
    owner = scope.owner(DISKS, {"name": name})

    assert owner == (stack_name and Owner("capo-e2e", stack_name))
    assert scope.owner(DISKS, {"name": name, "users": ["an-instance"]}) is None


def test_a_stack_spares_the_network_that_it_only_uses(environ, checkout, tmp_path):
    """It does so even if the network has the stack's name or mark."""
    (checkout / "Pulumi.yaml").write_text(
        "name: devstack\nruntime: {name: python, options: {}}\n"
        "config: {clusterName: {default: capo-e2e}}\n"
    )
    settings = tmp_path / "settings.yaml"
    settings.write_text(
        "config: {devstack:existingNetwork: capo-e2e-ci, devstack:existingSubnetwork: nodes}\n"
    )
    scope = scope_of(stack.stage("ci", environ, settings=settings, checkout=checkout))

    assert (scope.cluster, scope.stack) == ("capo-e2e", "ci")
    assert scope.spared == {"networks/capo-e2e-ci", "subnetworks/nodes"}
    assert scope.owner(NETWORKS, {"name": "capo-e2e-ci", "description": DESCRIPTION}) is None
