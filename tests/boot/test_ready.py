"""Ready: both nodes, started at the same moment, build themselves and end in the promised state."""

import json
import socket
import subprocess
from datetime import datetime

import pytest

from localcloud.machines.switch import inside
from tests.patience import PATIENCE_S

# One test process builds the nodes, for all tests of this module.
pytestmark = pytest.mark.xdist_group("finished")

BOTH = pytest.mark.parametrize("role", ["controller", "worker"])
# Far above what an idle machine takes: it finds an added wait, not a slow machine.
MOST_SECONDS_BESIDE_STACK_SH = 300


def test_both_nodes_and_the_registration_are_ready(finished):
    """Nothing orders the nodes: they started together and found each other."""
    answers = [
        finished.wait(finished.controller),
        finished.wait(finished.worker),
        finished.wait(finished.controller, "worker"),
    ]

    assert [answer.state["verdict"] for answer in answers] == ["ready"] * 3


def test_each_host_is_in_its_own_zone(finished):
    client = "sudo openstack --os-cloud devstack-admin"
    listed = finished.run(finished.controller, f"{client} compute service list -f json")

    zones = {
        row["Host"]: row["Zone"] for row in json.loads(listed) if row["Binary"] == "nova-compute"
    }

    assert zones == {"controller": "testaz1", "worker": "testaz2"}


@BOTH
def test_cloud_init_has_nothing_to_complain_of(finished, role):
    said = finished.run(getattr(finished, role), "cloud-init status --wait --long")

    assert "status: done" in said
    assert said.rstrip().endswith(
        "DataSourceNoCloud [seed=/var/lib/cloud/seed/nocloud][dsmode=net]"
    )


@BOTH
def test_host_keys_are_those_of_the_stack_and_no_others(finished, role):
    """Clients know only the stack's keys; a generated key could not be verified."""
    machine = getattr(finished, role)
    listed = finished.run(
        machine, "ls /etc/ssh/ssh_host_*; sudo cat /etc/ssh/ssh_host_ed25519_key.pub"
    )
    given = getattr(finished.credentials, f"{role}_host_key_public")

    assert [line for line in listed.splitlines() if line.startswith("/")] == [
        "/etc/ssh/ssh_host_ed25519_key",
        "/etc/ssh/ssh_host_ed25519_key.pub",
    ]
    assert given in listed


@BOTH
def test_no_secret_is_readable_for_everyone(finished, role):
    finished.assert_nobody_reads_a_secret(getattr(finished, role))


@BOTH
def test_no_secret_is_in_a_log_that_leaves_the_node(finished, role):
    """The journal, cloud-init's logs, and the console, which all users of the project can read."""
    machine = getattr(finished, role)
    logs = finished.run(machine, "sudo journalctl --no-pager; sudo cat /var/log/cloud-init*.log")
    logs += machine.console.read_text()

    assert "devstack-build" in logs
    assert finished.secrets_in(logs) == []


@BOTH
def test_the_nodes_own_archive_of_logs_is_whole_and_holds_no_secret(finished, role):
    files = finished.archive(getattr(finished, role))

    assert files.keys() >= {
        *("state.json", "events.jsonl", "build.log", "local.conf", "stack.sh.log"),
        *("cloud-init.log", "cloud-init-output.log", "cloud-init/status.json", "units.txt"),
        *("cloud-init/schema.txt", "journal.log", "collected.txt"),
    }
    assert f"{role} sshd" in files["journal.log"]
    assert "devstack-build" in files["cloud-init.log"]
    assert "PASSWORD=***" in files["local.conf"]
    assert finished.secrets_in("\n".join(files.values())) == []


def test_no_secret_is_in_a_command_line(finished):
    lines = "\n".join(finished.command_lines)

    assert "/opt/stack/devstack/stack.sh" in lines
    assert finished.secrets_in(lines) == []


@BOTH
def test_the_commits_that_a_node_was_built_from_are_on_it(finished, role):
    """They show in what two runs differ."""
    machine = getattr(finished, role)
    found = json.loads(finished.run(machine, "cat /var/lib/devstack-node/commits.json"))

    other = "octavia" if role == "controller" else "await-controller"
    assert set(found) == {"devstack", "neutron", other}
    head = finished.run(machine, "sudo --user=stack git -C /opt/stack/devstack rev-parse HEAD")
    assert found["devstack"] == head.strip()


@BOTH
def test_nodes_add_little_to_the_time_of_stack_sh(finished, role):
    """Counts from the first step to ready, less stack.sh and the worker's wait in it."""
    events = finished.run(getattr(finished, role), "sudo cat /var/lib/devstack-node/events.jsonl")
    steps = [json.loads(line) for line in events.splitlines()]
    steps = [step for step in steps if step["subject"] == "node"]
    times = [datetime.fromisoformat(step["since"]).timestamp() for step in steps]
    inside_stack_sh = sum(
        end - begin
        for step, begin, end in zip(steps, times, times[1:], strict=False)
        if step["stage"].startswith(("stack.sh", "waiting"))
    )

    assert steps[-1]["verdict"] == "ready"
    assert times[-1] - times[0] - inside_stack_sh < MOST_SECONDS_BESIDE_STACK_SH


@BOTH
def test_a_machine_sees_no_disk_of_the_host(finished, role):
    """cloud-init grows the disks that it finds, and would change the host's."""
    machine = getattr(finished, role)

    assert finished.run(machine, "sudo find /dev -type b") == ""
    assert finished.ssh(machine, "sudo mknod /run/disk b 254 0").returncode != 0


def test_floating_addresses_are_routed_and_translated_by_the_controller(finished):
    """Packets of a server leave with the controller's address; others can reach the server."""
    switch, address = finished.switch, "172.24.4.50"
    server = switch.plug_behind("controller", "br-ex", "server", f"{address}/24")
    switch.route(finished.settings.floating_cidr, finished.settings.controller_ip)
    url = f"{finished.settings.git_base}/openstack/devstack/HEAD"
    before = len(finished.git.requests)

    subprocess.run(
        ["nsenter", f"--net={server}", "git", "ls-remote", url.removesuffix("/HEAD")],
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )

    sources = {client for client, _ in finished.git.requests[before:]}
    assert sources == {finished.settings.controller_ip}
    listener = inside(server, lambda: socket.create_server((address, 22)))
    with (
        listener,
        inside(switch.path, lambda: socket.create_connection((address, 22), PATIENCE_S)) as seen,
    ):
        assert seen.getpeername() == (address, 22)
