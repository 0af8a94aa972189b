"""Booted nodes: the machines and files of instances and images, tested without booting any."""

import threading
import time
from dataclasses import replace
from ipaddress import IPv4Network
from types import SimpleNamespace

import pytest

from localcloud.compute_api.hooks import Hooks, ImageView, InstanceView
from localcloud.errors import LocalcloudError
from localcloud.machines.baked_images import BakedImages
from localcloud.machines.booted_nodes import BootedNodes
from tests.patience import PATIENCE_S

USER_DATA = "#cloud-config\nhostname: capo-controller\n"


class Machine:
    """A machine that only records the calls of its methods. A capture makes a folder."""

    made: list["Machine"]
    fails = False

    def __init__(self, name, address, layers):
        self.name, self.address, self.layers = name, address, layers
        self.done = []
        self.is_on = False
        self.asks_for_a_reboot = True
        self.pid = 0
        Machine.made.append(self)

    def seed(self, user_data, *, instance_id, hostname):
        """Record the arguments."""
        self.done.append(("seed", user_data, instance_id, hostname))

    def start(self, ended):
        """Record the call, or fail if the test asks for it."""
        if Machine.fails:
            raise LocalcloudError("systemd-nspawn: no")
        self.done.append("start")
        self.is_on = True
        self.ended = ended
        self.pid += 1

    def wait_for_end(self, _timeout_s):
        """Return whether it asked for a reboot."""
        self.is_on = False
        return self.asks_for_a_reboot

    def shut_down(self, limit_s):
        """Record the call with its argument."""
        self.done.append(("shut_down", limit_s))
        self.is_on = False

    def capture(self, layer):
        """Make a layer with one file, or fail as a machine that is on, or in the middle."""
        if self.is_on:
            raise LocalcloudError("the machine is on; stop the instance first")
        layer.mkdir()
        (layer / self.name).touch()
        if Machine.fails:
            raise OSError("no space left")
        self.layers = (layer, *self.layers)

    def remove(self):
        """Record the call."""
        self.done.append("remove")
        self.is_on = False


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
    monkeypatch.setattr(Machine, "made", [], raising=False)
    switch = SimpleNamespace(network=IPv4Network("10.0.3.0/24"))
    return BootedNodes(switch, router, BakedImages(tmp_path / "images"), Machine)


def instance(name="capo-controller", address="10.0.3.15", public="203.0.113.1", **changes):
    view = InstanceView(
        project="capo",
        zone="us-east4-a",
        name=name,
        hostname=name,
        network_ip=address,
        nat_ip=public,
        metadata={"user-data": USER_DATA},
        labels={},
        image=ImageView("projects/debian-cloud/global/images/debian-12", "1"),
    )
    return replace(view, **changes)


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


def test_a_machine_has_its_instances_custom_host_name(nodes):
    nodes.boot(instance(hostname="controller.devstack"))

    assert Machine.made[0].done[0][3] == "controller.devstack"


def test_a_stopped_instance_starts_with_its_files_and_its_id(nodes, router):
    """cloud-init must not provision it anew. Its metadata and external IP may be new."""
    nodes.boot(instance())
    nodes.shut_down(instance())
    while_stopped = dict(router.public)
    nodes.boot(instance(public="203.0.113.9", metadata={"user-data": "new"}))

    [machine] = Machine.made
    first, _, shut_down, second, _ = machine.done
    assert shut_down == ("shut_down", 90)
    assert (second[1], second[2]) == ("new", first[2])
    assert while_stopped == {}
    assert router.public == {"203.0.113.9": "10.0.3.15"}


def test_a_machine_that_reboots_starts_again(nodes):
    nodes.boot(instance())
    [machine] = Machine.made
    machine.ended(machine.pid)
    machine.ended(machine.pid)

    assert machine.done[1:] == ["start", "start", "start"]


def test_a_machine_that_powers_itself_off_stays_off(nodes):
    nodes.boot(instance())
    [machine] = Machine.made
    machine.asks_for_a_reboot = False
    machine.ended(machine.pid)

    assert machine.done[1:] == ["start"]
    assert not machine.is_on


def test_the_end_of_an_earlier_run_starts_nothing(nodes):
    """A stop ends the process, too; its end may be noticed after the next start."""
    nodes.boot(instance())
    [machine] = Machine.made
    earlier = machine.pid
    nodes.shut_down(instance())
    nodes.boot(instance())
    machine.ended(earlier)

    assert machine.done.count("start") == 2


def test_the_files_of_a_stopped_instance_go_when_it_is_deleted(nodes):
    nodes.boot(instance())
    nodes.shut_down(instance())
    nodes.end(instance())
    nodes.boot(instance())

    assert Machine.made[0].done[-1] == "remove"
    assert len(Machine.made) == 2


def test_a_stop_of_an_instance_without_a_machine_is_accepted(nodes):
    nodes.shut_down(instance())
    nodes.end(instance())

    assert Machine.made == []


def test_a_stopped_instance_leaves_its_address_to_a_machine_of_another_project(nodes, capsys):
    nodes.boot(instance())
    nodes.shut_down(instance())
    nodes.boot(instance(project="other", public=None))
    nodes.boot(instance())

    assert [machine.is_on for machine in Machine.made] == [False, True]
    assert capsys.readouterr().err == (
        "capo-controller: no machine: another machine has 10.0.3.15\n"
    )


def image(number):
    return ImageView(f"projects/images/global/images/i{number}", str(number))


def bake(nodes, number, source):
    """Stop an instance and make its disk an image."""
    nodes.shut_down(source)
    nodes.capture(image(number), source)


def layers_of(machine):
    return [layer.name for layer in machine.layers]


@pytest.fixture
def layers(tmp_path):
    """List the layers that exist."""
    return lambda: sorted(path.name for path in (tmp_path / "images").iterdir())


def test_a_machine_boots_from_the_image_of_its_instance(nodes):
    nodes.boot(instance())
    bake(nodes, 7, instance())
    nodes.boot(instance("second", "10.0.3.16", None, image=image(7)))
    nodes.boot(instance("third", "10.0.3.17", None))

    first, second, third = Machine.made
    assert layers_of(first) == layers_of(second) == ["7"]
    assert third.layers == ()
    assert first.done[0][2] != second.done[0][2]


def test_an_image_of_an_image_has_both_layers(nodes, layers):
    nodes.boot(instance())
    bake(nodes, 7, instance())
    nodes.end(instance())
    nodes.boot(instance(image=image(7)))
    bake(nodes, 8, instance())
    nodes.end(instance())
    nodes.discard(image(7))
    nodes.boot(instance(image=image(8)))

    assert layers_of(Machine.made[-1]) == ["8", "7"]
    assert layers() == ["7", "8"]


def test_the_files_of_an_image_stay_until_its_last_machine_is_gone(nodes, layers):
    """On Compute Engine a disk is a copy, so a deleted image takes nothing from it."""
    nodes.boot(instance())
    bake(nodes, 7, instance())
    nodes.boot(instance("second", "10.0.3.16", None, image=image(7)))
    nodes.discard(image(7))
    nodes.end(instance())
    while_second = layers()
    nodes.shut_down(instance("second"))
    nodes.boot(instance("second", "10.0.3.16", None, image=image(7)))
    nodes.end(instance("second"))

    assert while_second == ["7"]
    assert Machine.made[1].done[-2:] == ["start", "remove"]
    assert layers() == []


def test_an_image_without_a_machine_is_removed_at_once(nodes, layers):
    nodes.boot(instance())
    bake(nodes, 7, instance())
    nodes.end(instance())
    before = layers()
    nodes.discard(image(7))

    assert before == ["7"]
    assert layers() == []


NO_FILES = (
    "second: no machine: the image projects/images/global/images/i7 has no files; name another"
    " one\n"
)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (instance(), "the machine is on; stop the instance first"),
        (instance("other"), "its disk is not the boot disk of an instance with a machine"),
        (None, "its disk is not the boot disk of an instance with a machine"),
    ],
    ids=["on", "no machine", "no instance"],
)
def test_an_image_that_cannot_be_captured_boots_nothing(nodes, layers, capsys, source, reason):
    """A machine from the Debian tree instead would be taken for one from the image."""
    nodes.boot(instance())
    nodes.capture(image(7), source)
    nodes.boot(instance("second", "10.0.3.16", None, image=image(7)))

    assert len(Machine.made) == 1
    assert layers() == []
    failure = f"projects/images/global/images/i7: no files: {reason}\n"
    assert capsys.readouterr().err == failure + NO_FILES


def test_half_of_a_capture_is_removed(nodes, layers, capsys, monkeypatch):
    nodes.boot(instance())
    with monkeypatch.context() as full:
        full.setattr(Machine, "fails", True)
        bake(nodes, 7, instance())
    nodes.boot(instance("second", "10.0.3.16", None, image=image(7)))

    assert layers() == []
    failure = "projects/images/global/images/i7: no files: no space left\n"
    assert capsys.readouterr().err == failure + NO_FILES


def test_an_image_that_was_deleted_while_its_instance_was_created_boots_nothing(nodes, capsys):
    nodes.boot(instance())
    bake(nodes, 7, instance())
    nodes.discard(image(7))
    nodes.boot(instance("second", "10.0.3.16", None, image=image(7)))

    assert len(Machine.made) == 1
    assert "second: no machine: the image" in capsys.readouterr().err


def test_an_image_of_the_same_name_is_another_one(nodes):
    nodes.boot(instance())
    bake(nodes, 7, instance())
    nodes.discard(image(7))
    again = replace(image(7), id="8")
    nodes.capture(again, instance())
    nodes.boot(instance("second", "10.0.3.16", None, image=again))

    assert layers_of(Machine.made[1]) == ["8", "7"]


def test_machines_follow_the_events_of_instances_and_images(nodes, layers):
    """The API announces the image before its files exist; the order of the events is enough."""
    hooks = Hooks()
    nodes.attach(hooks)
    hooks.running(instance())
    hooks.stopped(instance())
    hooks.image_created(image(7), instance())
    hooks.running(instance("second", "10.0.3.16", None, image=image(7)))
    hooks.drain()
    captured = layers()
    hooks.deleted(instance())
    hooks.deleted(instance("second"))
    hooks.image_deleted(image(7))
    hooks.drain()

    assert layers_of(Machine.made[1]) == captured == ["7"]
    assert layers() == []


def test_the_end_does_not_wait_for_more_than_one_shutdown(nodes, monkeypatch):
    """Each may take 90 seconds, and all of them may be queued."""
    nodes.boot(instance())
    nodes.boot(instance("second", "10.0.3.16", None))
    shutting_down, go_on = threading.Event(), threading.Event()

    def hang(machine, limit_s):
        machine.done.append(("shut_down", limit_s))
        shutting_down.set()
        assert go_on.wait(PATIENCE_S)

    monkeypatch.setattr(Machine, "shut_down", hang)
    first = threading.Thread(target=nodes.shut_down, args=[instance()])
    first.start()
    assert shutting_down.wait(PATIENCE_S)
    closing = threading.Thread(target=nodes.close)
    closing.start()
    while not nodes._closed:
        time.sleep(0.01)
    second = threading.Thread(target=nodes.shut_down, args=[instance("second")])
    second.start()
    go_on.set()
    for thread in (first, closing, second):
        thread.join(PATIENCE_S)

    assert [machine.done[-1] for machine in Machine.made] == ["remove", "remove"]
    assert ("shut_down", 90) not in Machine.made[1].done
