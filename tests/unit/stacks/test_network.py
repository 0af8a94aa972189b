"""Network: a custom-mode VPC of the stack, or an existing one that stays unchanged."""

import dataclasses

import pytest

from stacks.naming import Owner
from stacks.network import Network, NetworkArgs

OWNER = Owner("capo-e2e", "test")


@pytest.fixture
def args():
    return NetworkArgs(
        owner=OWNER,
        project="capo",
        region="us-east4",
        cidr="10.0.3.0/24",
        mtu=1460,
        labels={"devstack-stack": "test", "pr": "17"},
        internal_ips={"controller": "10.0.3.15", "worker": "10.0.3.16"},
        external_roles=("controller",),
        existing_network="",
        existing_subnetwork="",
    )


def test_the_network_is_of_custom_mode_with_our_mtu(run_program, args):
    """The janitor fails on an auto-mode network, which has subnetworks in all regions."""
    record = run_program(lambda: Network("network", args))

    assert record.named("network", ":Network") == {
        "name": "capo-e2e-test",
        "autoCreateSubnetworks": False,
        "mtu": 1460,
        "description": OWNER.description,
    }


def test_the_subnetwork_is_the_nodes_range(run_program, args):
    record = run_program(lambda: Network("network", args))

    assert record.named("subnetwork") == {
        "name": "capo-e2e-test",
        "region": "us-east4",
        "network": "link-of-capo-e2e-test",
        "ipCidrRange": "10.0.3.0/24",
        "description": OWNER.description,
    }


def test_nodes_without_external_address_leave_by_nat(run_program, args):
    record = run_program(lambda: Network("network", args))

    assert record.named("router") == {
        "name": "capo-e2e-test-router",
        "region": "us-east4",
        "network": "link-of-capo-e2e-test",
        "description": OWNER.description,
    }
    assert record.named("nat") == {
        "name": "capo-e2e-test-nat",
        "region": "us-east4",
        "router": "capo-e2e-test-router",
        "natIpAllocateOption": "AUTO_ONLY",
        "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
    }


def test_in_a_network_of_ours_no_internal_address_is_reserved(run_program, args):
    """Instances take their addresses themselves, which saves 5 s."""
    made = []
    record = run_program(lambda: made.append(Network("network", args)))

    assert record.names("Address") == {"controller-external"}
    assert made[0].internal_ips == {"controller": "10.0.3.15", "worker": "10.0.3.16"}


def test_only_the_roles_asked_for_have_an_external_address(run_program, args):
    record = run_program(lambda: Network("network", args))

    assert record.named("controller-external") == {
        "name": "capo-e2e-test-controller-external",
        "region": "us-east4",
        "addressType": "EXTERNAL",
        "description": OWNER.description,
        "labels": {"devstack-stack": "test", "pr": "17"},
    }
    assert "worker-external" not in record.names("Address")


@pytest.fixture
def existing(args):
    return dataclasses.replace(args, existing_network="vpc", existing_subnetwork="nodes")


def test_of_an_existing_network_only_addresses_are_taken(run_program, existing):
    """Resources that the stack does not create, it cannot delete."""
    record = run_program(lambda: Network("network", existing))

    assert record.names("gcp:") == {"controller-internal", "worker-internal", "controller-external"}


@pytest.mark.parametrize(
    ("role", "address"), [("controller", "10.0.3.15"), ("worker", "10.0.3.16")]
)
def test_in_an_existing_network_internal_addresses_are_reserved(
    run_program, existing, role, address
):
    """Other users of the network could take an address while a node is replaced."""
    record = run_program(lambda: Network("network", existing))

    assert record.named(f"{role}-internal") == {
        "name": f"capo-e2e-test-{role}-internal",
        "region": "us-east4",
        "addressType": "INTERNAL",
        "subnetwork": "projects/capo/regions/us-east4/subnetworks/nodes",
        "address": address,
        "description": OWNER.description,
    }
