"""Supervision: faults that the tunnel survives, events that end it, and its cleanup."""

import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tests.patience import FOREVER_S, PATIENCE_S

PRIVATE = ("10.0.3.15", 80)
CONTROLLER = "203.0.113.10"


@pytest.fixture
def sshd(net, tmp_path):
    return net.sshd(tmp_path / "key")


def children(pid):
    """Return the child processes of a process, by name."""
    ids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {Path(f"/proc/{child}/comm").read_text().strip(): int(child) for child in ids}


@pytest.mark.usefixtures("sshd")
@pytest.mark.parametrize("victim", ["ssh", "sshuttle"])
def test_a_tunnel_that_dies_is_opened_again_and_counted(net, open_tunnel, victim):
    tunnel = open_tunnel().wait_ready()
    port, pid = tunnel.port, tunnel.record["sshuttle"]

    os.kill(pid if victim == "sshuttle" else children(pid)["ssh"], signal.SIGKILL)

    tunnel.wait_ready(times=2)
    assert net.container.probe(*PRIVATE) == "answered"
    assert tunnel.record["restarts"] == 1
    assert f"sshuttle-{port}" not in net.job.rules()
    assert tunnel.end() == 0
    assert "tunnel: ended; restarts: 1" in tunnel.printed
    assert net.job.rules() == []


@pytest.mark.usefixtures("sshd")
def test_a_silent_network_is_noticed_by_the_probe(net, open_tunnel):
    """ssh's own keepalive would take half a minute."""
    tunnel = open_tunnel().wait_ready()
    drop = ("INPUT", "-p", "tcp", "--dport", "22", "-d", CONTROLLER, "-j", "DROP")

    net.controller.run("iptables", "-I", *drop)
    tunnel.wait_for("2 probes of 10.0.3.15:80: silent; restart 1 of 20")
    net.controller.run("iptables", "-D", *drop)

    tunnel.wait_ready(times=2)


@pytest.mark.usefixtures("sshd")
def test_removed_rules_are_put_back(net, open_tunnel):
    """Reloading a firewall deletes the tunnel's rules, too."""
    tunnel = open_tunnel().wait_ready()

    net.job.run("iptables", "-t", "nat", "-F", "OUTPUT")

    tunnel.wait_for("somebody removed its firewall rules; restart 1")
    tunnel.wait_ready(times=2)


@pytest.mark.usefixtures("sshd")
def test_a_service_that_is_down_does_not_cost_the_tunnel(net, open_tunnel):
    """DevStack restarts its web server; connections to other services must survive that."""
    service = net.serve(net.controller, "10.0.3.15", 8080)
    tunnel = open_tunnel("--probe", "10.0.3.15:8080").wait_ready()

    service.kill()
    service.wait(PATIENCE_S)
    tunnel.wait_for("10.0.3.15:8080 is down, the tunnel works")
    net.serve(net.controller, "10.0.3.15", 8080)
    tunnel.wait_for("10.0.3.15:8080 answers again")

    assert tunnel.record["restarts"] == 0


@pytest.mark.usefixtures("sshd")
def test_restarts_are_bounded(net, open_tunnel):
    tunnel = open_tunnel("--restarts", "1").wait_ready()
    net.controller.run(
        "iptables",
        "-I",
        "INPUT",
        "-p",
        "tcp",
        "--dport",
        "22",
        "-j",
        "REJECT",
        "--reject-with",
        "tcp-reset",
    )
    assert tunnel.wait_ended() == 1
    assert "tunnel: given up after 1 restarts: sshuttle ended" in tunnel.printed
    assert net.job.rules() == []


@pytest.mark.usefixtures("sshd")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_nothing_else(net, open_tunnel, number, tmp_path):
    """Rules of another tunnel stay, and so does a process that is only named sshuttle."""
    for command in ("-N sshuttle-12300", "-I OUTPUT -j sshuttle-12300"):
        net.job.run("iptables", "-t", "nat", *command.split())
    named = tmp_path / "sshuttle"
    named.symlink_to("/bin/sleep")
    stranger = net.start([str(named), str(FOREVER_S)])
    tunnel = open_tunnel().wait_ready()
    own = [tunnel.record["sshuttle"], *children(tunnel.record["sshuttle"]).values()]
    assert len(own) == 3

    assert tunnel.end(number) == 0

    assert stranger.poll() is None
    assert set(net.job.rules()) == {"sshuttle-12300"}
    assert [pid for pid in own if Path(f"/proc/{pid}/exe").exists()] == []
    assert tunnel.record["supervisor"] == 0


def test_a_signal_ends_it_while_it_still_waits(net, open_tunnel):
    """The controller has no sshd yet."""
    tunnel = open_tunnel()
    tunnel.wait_for("waiting for Python")
    assert tunnel.end() == 0
    assert net.job.rules() == []


@pytest.mark.usefixtures("sshd")
def test_what_a_killed_tunnel_left_is_removed_by_the_next(net, open_tunnel):
    killed = open_tunnel().wait_ready()
    port, pid = killed.port, killed.record["sshuttle"]
    killed.process.kill()
    killed.process.wait(PATIENCE_S)
    assert f"sshuttle-{port}" in net.job.rules()

    tunnel = open_tunnel().wait_ready()

    assert "removed what process" in tunnel.printed
    assert not {f"sshuttle-{port}", f"devstack-tunnel-{port}"} & {*net.job.rules()}
    assert not Path(f"/proc/{pid}/exe").exists()
    assert tunnel.end() == 0


@pytest.mark.usefixtures("sshd")
def test_a_second_tunnel_for_a_stack_is_refused(open_tunnel):
    first = open_tunnel().wait_ready()
    second = open_tunnel()
    assert second.wait_ended() == 2
    assert f"process {first.process.pid} has one open" in second.printed
    assert first.process.poll() is None


@pytest.mark.usefixtures("sshd")
def test_another_host_key_is_refused_at_once(net, open_tunnel, outputs, tmp_path):
    """In the job's own network, another machine may have the controller's address."""
    outputs["known_hosts"] = f"{CONTROLLER} {(tmp_path / 'other-host.pub').read_text()}"
    tunnel = open_tunnel()
    assert tunnel.wait_ended() == 1
    assert tunnel.printed.endswith(
        f"ssh: {CONTROLLER} does not have the host key that the stack gave it: another machine"
        f" answers at this address, or the stack is older than {tunnel.folder / 'known_hosts'}\n"
    )
    assert net.job.rules() == []


def test_python_is_waited_for(net, open_tunnel, tmp_path):
    """A booting node may answer ssh before it has Python."""
    folder = tmp_path / "node"
    folder.mkdir()
    net.sshd(tmp_path / "key", path=str(folder))
    tunnel = open_tunnel()
    tunnel.wait_for(f"waiting for Python on {CONTROLLER}: ")

    (folder / "python3").symlink_to("/usr/bin/python3")

    tunnel.wait_ready()


@pytest.mark.usefixtures("sshd")
def test_files_are_for_their_owner_only(open_tunnel):
    tunnel = open_tunnel().wait_ready()
    for name in ("ssh_key", "known_hosts", "tunnel.log"):
        assert stat.S_IMODE((tunnel.folder / name).stat().st_mode) == 0o600, name


def test_nothing_of_it_pings():
    """The tunnel forwards TCP only, so a ping would always fail."""
    sources = Path(__file__).parents[2].glob("job/network/tunnel/*.py")
    found = subprocess.run(
        ["grep", "--ignore-case", "--extended-regexp", r"\bping|SOCK_RAW|icmp", *sources],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
