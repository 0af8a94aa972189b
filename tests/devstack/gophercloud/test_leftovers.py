"""Leftovers: only resources of the tests are deleted, those that need others first."""

from types import SimpleNamespace

import pytest
from openstack.exceptions import ConflictException, ForbiddenException

from tests.devstack.gophercloud import leftovers

NAME = "ACPTTESTx1"


class Service:
    """A service's proxy whose lists are attributes. It records what is changed."""

    def __init__(self, calls, **lists):
        self._calls = calls
        self._lists = lists

    def __getattr__(self, name):
        if not name.startswith(("delete", "wait", "update", "remove")):
            return lambda **_: self._lists.get(name, [])
        return lambda *given, **options: self._calls.append((name, *given, *options.values()))


@pytest.fixture
def calls():
    return []


@pytest.fixture
def cloud(calls):
    names = ("load_balancer", "compute", "block_storage", "image", "network")
    return SimpleNamespace(**{name: Service(calls) for name in names})


def resource(number, name=NAME, **more):
    return SimpleNamespace(id=number, name=name, **more)


def test_other_peoples_resources_stay(cloud, calls):
    names = ["private", "my-ACPTTEST", "flavor_of_mine", "secgroup_", None]
    cloud.compute = Service(calls, servers=[resource(each, each) for each in names])

    leftovers.remove(cloud, print)
    assert not calls


@pytest.mark.parametrize("name", [NAME, "TESTACC-x", "TESTACCT-x", "secgroup_aB3d", "flavor_12345"])
def test_resources_with_the_tests_random_names_go(cloud, calls, name):
    cloud.compute = Service(calls, flavors=[resource("1", name)])
    said = []

    leftovers.remove(cloud, said.append)
    assert calls == [("delete_flavor", "1")]
    assert said == [f"removed the leftover flavor {name}"]


def test_a_server_is_gone_before_its_network_is_deleted_with_ports_and_addresses(cloud, calls):
    server = resource("s")
    port = SimpleNamespace(id="p", device_owner="")
    cloud.compute = Service(calls, servers=[server])
    ports = [port, SimpleNamespace(id="d", device_owner="network:distributed")]
    cloud.network = Service(
        calls, networks=[resource("n")], ports=ports, ips=[SimpleNamespace(id="f")]
    )

    leftovers.remove(cloud, print)
    assert calls == [
        ("delete_server", "s"),
        ("wait_for_delete", server, 300),
        ("delete_ip", "f"),
        ("delete_port", "p"),
        ("delete_network", "n"),
    ]


def test_a_router_loses_its_interfaces_first(cloud, calls):
    ports = [
        SimpleNamespace(id="g", device_owner="network:router_gateway"),
        SimpleNamespace(id="i", device_owner="network:router_interface"),
    ]
    cloud.network = Service(calls, routers=[resource("r")], ports=ports)

    leftovers.remove(cloud, print)
    assert calls == [
        ("update_router", "r", []),
        ("remove_interface_from_router", "r", "i"),
        ("delete_router", "r"),
    ]


def test_one_that_cannot_be_deleted_is_named_and_costs_no_other(cloud, calls):
    def refuse(*_):
        raise ConflictException("in use")

    cloud.compute = Service(calls, keypairs=[resource("k")])
    cloud.compute.delete_keypair = refuse
    cloud.image = Service(calls, images=[resource("i")])
    said = []

    leftovers.remove(cloud, said.append)
    assert said == [f"left over: keypair {NAME}: in use", f"removed the leftover image {NAME}"]


def test_what_a_user_may_not_list_is_passed_over(cloud):
    def refuse():
        raise ForbiddenException("admin only")

    cloud.compute.aggregates = refuse
    leftovers.remove(cloud, print)
