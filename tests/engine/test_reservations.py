"""Reservations of internal addresses: where they are made, and those of an earlier version."""

import shutil

import pytest

from tests.engine.conftest import CHECKOUT

# What the earlier version of the program did in a network of the stack's own.
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


@pytest.fixture
def earlier(tmp_path):
    """A checkout of the version that reserved the addresses of its own network."""
    path = tmp_path / "earlier"
    ignored = shutil.ignore_patterns(".*", "tests", "docs")
    shutil.copytree(CHECKOUT, path, ignore=ignored)
    with (path / "stacks" / "network.py").open("a") as program:
        program.write(_RESERVING)
    return path


@pytest.fixture
def reserving(cloud, earlier):
    """A stack that the earlier version made, and that this one goes on with."""
    cloud.checkout = earlier
    cloud.job("up")
    assert cloud.inventory() >= RESERVED
    cloud.checkout = CHECKOUT
    return cloud


def test_a_stack_of_the_earlier_version_goes_on_with_the_same_nodes(reserving):
    """The double refuses to delete an address that an instance has, as the service may."""
    assert reserving.job("preview").changes() == {}
    assert reserving.job("up").changes() == {}
    assert reserving.inventory() >= RESERVED

    assert set(reserving.job("up", glanceLimitMb=30000).changes()) == {"controller"}
    reserving.job("refresh")
    assert reserving.job("up", glanceLimitMb=30000).changes() == {}


def test_a_stack_of_the_earlier_version_goes_as_a_whole(reserving):
    """Also after this version has brought it up to date."""
    reserving.job("up")
    reserving.job("down")

    assert reserving.inventory() == set()


@pytest.fixture
def network(cloud, make_cloud, tmp_path):
    """The configuration that uses somebody else's network, and what its owner has."""
    owner = make_cloud(tmp_path / "owner")
    owner.folder.mkdir()
    owner.project, owner.stack = cloud.project, "owner"
    owner.job("up", worker=False, controllerIp="10.0.3.99")
    config = {"existingNetwork": "capo-e2e-owner", "existingSubnetwork": "capo-e2e-owner"}
    return config, owner.inventory()


def test_in_an_existing_network_a_new_node_gets_the_reserved_address(cloud, network):
    """The reservation outlives the old node, and is made before any."""
    config, _ = network
    cloud.job("up", **config)
    reserved = [
        each for each in cloud.operations("addresses.insert") if "internal" in each["target"]
    ]
    made = [each for each in cloud.operations("instances.insert") if "-test-" in each["target"]]
    assert max(each["ends"] for each in reserved) <= min(each["inserted"] for each in made)

    assert set(cloud.job("up", glanceLimitMb=30000, **config).changes()) == {"controller"}
    assert cloud.operations("addresses.delete") == []


def test_a_reservation_that_fails_is_told_and_nothing_stays(cloud, network):
    """Without its address in safety, no node is made in somebody else's network."""
    config, before = network
    cloud.api.set_quota(cloud.project, "INTERNAL_ADDRESSES", 0, region="us-east4")
    done = cloud.job("up", check=False, **config)

    assert done.code == 1
    assert "INTERNAL_ADDRESSES" in done.err
    assert not [path for path in cloud.inventory() - before if "/instances/" in path]
    cloud.job("down")
    assert cloud.inventory() == before
