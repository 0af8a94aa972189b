"""Booted nodes: which machine belongs to an instance, tested without booting one."""

from ipaddress import IPv4Network
from types import SimpleNamespace

import pytest

from localcloud.compute_api.hooks import InstanceView
from localcloud.errors import LocalcloudError
from localcloud.machines import booted_nodes
from localcloud.machines.booted_nodes import BootedNodes

USER_DATA = "#cloud-config\nhostname: capo-controller\n"


class Machine:
    """A machine that only records the calls of its methods."""

    made: list["Machine"]
    fails = False

    def __init__(self, name, address, **_):
        self.name, self.address = name, address
        self.done = []
        Machine.made.append(self)

    def seed(self, user_data, *, instance_id, hostname):
        """Record the arguments."""
        self.done.append(("seed", user_data, instance_id, hostname))

    def start(self):
        """Record the call, or fail if the test asks for it."""
        if Machine.fails:
            raise LocalcloudError("systemd-nspawn: no")
        self.done.append("start")

    def remove(self):
        """Record the call."""
        self.done.append("remove")


class Router:
    """The public addresses that are routed to a machine."""

    def __init__(self):
        self.public = {}

    def publish(self, public, private):
        """Route a public address to a private one."""
        self.public[public] = private

    def withdraw(self, public):
        """Remove a route; fail if there is none."""
        del self.public[public]


@pytest.fixture
def router():
    return Router()


@pytest.fixture
def nodes(router, monkeypatch, tmp_path):
    """Nodes whose machines only record calls."""
    monkeypatch.setattr(booted_nodes, "BootedMachine", Machine)
    monkeypatch.setattr(Machine, "made", [], raising=False)
    switch = SimpleNamespace(network=IPv4Network("10.0.3.0/24"))
    return BootedNodes(switch, router, tmp_path / "tree", tmp_path)


def instance(name="capo-controller", address="10.0.3.15", public="203.0.113.1"):
    metadata = {"user-data": USER_DATA}
    return InstanceView("capo", "us-east4-a", name, address, public, metadata, {})


def test_a_machine_boots_from_what_its_instance_says(nodes):
    nodes.boot(instance())

    [machine] = Machine.made
    seed, started = machine.done
    assert machine.address == "10.0.3.15"
    assert seed[:2] == ("seed", USER_DATA)
    assert seed[3] == "capo-controller"
    assert started == "start"


def test_an_instance_that_is_created_again_has_another_id(nodes):
    """cloud-init runs once for each instance ID."""
    nodes.boot(instance())
    nodes.end(instance())
    nodes.boot(instance())

    first, second = Machine.made
    assert first.done[-1] == "remove"
    assert first.done[0][2] != second.done[0][2]


def test_a_public_address_leads_to_its_node_for_as_long_as_there_is_one(nodes, router):
    nodes.boot(instance())
    nodes.boot(instance("capo-worker", "10.0.3.16", None))
    while_running = dict(router.public)
    nodes.end(instance())

    assert while_running == {"203.0.113.1": "10.0.3.15"}
    assert router.public == {}


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("10.0.3.15", "another machine has 10.0.3.15"),
        ("10.9.0.2", "10.9.0.2 is not in 10.0.3.0/24, the only network"),
    ],
    ids=["taken", "elsewhere"],
)
def test_an_address_that_no_machine_can_have_is_one_line(nodes, capsys, address, reason):
    nodes.boot(instance())
    nodes.boot(instance("other", address, None))

    assert capsys.readouterr().err == f"other: no machine: {reason}\n"
    assert len(Machine.made) == 1


def test_a_machine_that_does_not_start_is_removed_with_its_instance(
    nodes, router, capsys, monkeypatch
):
    monkeypatch.setattr(Machine, "fails", True)
    nodes.boot(instance())
    nodes.end(instance())

    assert capsys.readouterr().err == "capo-controller: no machine: systemd-nspawn: no\n"
    assert Machine.made[0].done[-1] == "remove"
    assert router.public == {}


def test_after_the_end_nothing_boots(nodes):
    """Instances may still become ready while the cloud is closed."""
    nodes.boot(instance())
    nodes.close()
    nodes.boot(instance("late", "10.0.3.17"))

    assert [machine.done[-1] for machine in Machine.made] == ["remove"]
