"""Naming: cleanup can read the names and descriptions that the program writes."""

import pytest

from stacks.naming import ROLES, Owner, marked, owner_of_instance

OWNER = Owner("capo-e2e", "pr-17")


def test_every_name_begins_with_cluster_and_stack():
    """Two stacks may share a project and a cluster name."""
    names = {*set.union(*OWNER.names().values()), OWNER.nat, OWNER.node_tag}

    assert all(f"{name}-".startswith("capo-e2e-pr-17-") for name in names)


@pytest.mark.parametrize("body", [{"labels": OWNER.labels}, {"description": OWNER.description}])
def test_a_mark_leads_back_to_its_owner(body):
    assert marked(body) == OWNER


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("stack", ["ci", "pr-17", "worker", "a-controller"])
def test_an_instances_name_leads_back_to_its_owner(stack, role):
    owner = Owner("capo-e2e", stack)

    assert owner_of_instance("capo-e2e", owner.instance(role)) == owner


def test_descriptions_hold_no_label_that_may_change(make_settings):
    """A changed description makes Compute Engine replace the network with everything in it."""
    labelled, plain = make_settings(labels='["pr=17"]'), make_settings()

    assert labelled.owner.description == plain.owner.description
