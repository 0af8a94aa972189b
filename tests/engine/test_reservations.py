"""Reservations of internal addresses: those of an existing network, and of an earlier version."""

import shutil

import pytest

from tests.engine.conftest import CHECKOUT

# The earlier version reserved addresses in the stack's own network as well.
_RESERVING = """
_create = Network._create


def _create_and_reserve(self: Network) -> None:
    _create(self)
    wanted = self._args.internal_ips
    self.internal_ips = {role: self._reserve(role, ip) for role, ip in wanted.items()}


Network._create = _create_and_reserve
"""
RESERVED = {
    f"regions/us-east4/addresses/capo-e2e-test-{role}-internal" for role in ("controller", "worker")
}


NODES = {f"zones/us-east4-a/instances/capo-e2e-test-{role}" for role in ("controller", "worker")}


@pytest.fixture
def earlier(tmp_path):
    """A checkout of the version that reserved addresses in the stack's own network."""
    path = tmp_path / "earlier"
    ignored = shutil.ignore_patterns(".*", "tests", "docs")
    shutil.copytree(CHECKOUT, path, ignore=ignored)
    with (path / "stacks" / "network.py").open("a") as program:
        program.write(_RESERVING)
    return path


def test_a_stack_of_the_earlier_version_goes_on_with_the_same_nodes_and_goes(cloud, earlier):
    """The double, perhaps like Google Cloud, refuses to delete an address that an instance uses."""
    cloud.checkout = earlier
    cloud.job("up")
    assert cloud.inventory() >= RESERVED

    cloud.checkout = CHECKOUT
    assert cloud.job("preview").changes() == {}
    assert cloud.job("up").changes() == {}
    assert cloud.inventory() >= RESERVED

    assert set(cloud.job("up", glanceLimitMb=30000).changes()) == {"controller"}
    cloud.job("refresh")
    assert cloud.job("up", glanceLimitMb=30000).changes() == {}

    cloud.job("down")
    assert cloud.inventory() == set()


@pytest.fixture
def theirs(running, cloud):
    """Paths of the resources that the owner of an existing network has in the project."""
    running[0].copy_resources(
        cloud.project,
        {
            "capo-e2e-test": "capo-e2e-owner",
            '"devstack-stack": "test"': '"devstack-stack": "owner"',
            "devstack-stack=test": "devstack-stack=owner",
            "10.0.3.15": "10.0.3.99",
            "10.0.3.16": "10.0.3.98",
        },
    )
    return cloud.inventory()


def test_in_an_existing_network_addresses_are_reserved_and_nothing_of_its_owner_is_touched(
    cloud, theirs
):
    """Reservations come before the nodes and outlive them; without one, no node is created."""
    cloud.config = {"existingNetwork": "capo-e2e-owner", "existingSubnetwork": "capo-e2e-owner"}
    cloud.job("up")
    assert cloud.inventory() >= NODES | theirs
    reserved = [
        each for each in cloud.operations("addresses.insert") if "internal" in each["target"]
    ]
    made = cloud.operations("instances.insert")
    assert max(each["ends"] for each in reserved) <= min(each["inserted"] for each in made)

    assert set(cloud.job("up", glanceLimitMb=30000).changes()) == {"controller"}
    assert cloud.operations("addresses.delete") == []
    cloud.job("down")
    assert cloud.inventory() == theirs

    cloud.api.set_quota(cloud.project, "INTERNAL_ADDRESSES", 0, region="us-east4")
    done = cloud.job("up", check=False)
    assert done.code == 1
    assert "INTERNAL_ADDRESSES" in done.err
    assert not [path for path in cloud.inventory() - theirs if "/instances/" in path]
    cloud.job("down")
    assert cloud.inventory() == theirs
