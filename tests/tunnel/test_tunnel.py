"""Tunnel: real sshuttle and sshd between network namespaces."""

from pathlib import Path

import pytest

PRIVATE, FLOATING = ("10.0.3.15", 80), ("172.24.4.10", 22)
JOB, CONTROLLER, OUTSIDER = "203.0.113.2", "203.0.113.10", "203.0.113.66"


@pytest.fixture
def sshd(net, tmp_path):
    return net.sshd(tmp_path / "key")


def reached(space, timeout_s=60):
    """Return whether both networks answer from a namespace."""
    verdicts = [space.probe(*address, timeout_s) for address in (PRIVATE, FLOATING)]
    return verdicts == ["answered"] * 2


@pytest.mark.usefixtures("sshd")
@pytest.mark.parametrize(
    ("iptables", "method"),
    [
        pytest.param(None, "nat", id="nat"),
        pytest.param("iptables-legacy", "nat", id="nat-legacy"),
        pytest.param("false", "nft", id="nft"),
    ],
)
def test_job_and_its_containers_reach_both_networks(net, open_tunnel, programs, iptables, method):
    """No rule remains after the tunnel's end."""
    if iptables:
        for suffix in ("", "-restore"):
            target = "/bin/false" if iptables == "false" else f"/usr/sbin/{iptables}{suffix}"
            (programs / f"iptables{suffix}").symlink_to(target)
    assert not reached(net.job, 1)

    tunnel = open_tunnel().wait_ready()

    assert f"method {method}, to 10.0.3.0/24, 172.24.4.0/24" in tunnel.printed
    assert reached(net.job)
    assert reached(net.container)
    assert tunnel.end() == 0
    assert net.job.rules() == []
    assert not reached(net.job, 1)


@pytest.mark.usefixtures("sshd")
@pytest.mark.parametrize("iptables", [None, "/bin/false"], ids=["nat", "nft"])
def test_outsider_is_refused(net, open_tunnel, programs, iptables):
    """Neither the redirector's port nor the job as a gateway lets an outsider in."""
    if iptables:
        (programs / "iptables").symlink_to(iptables)
    tunnel = open_tunnel().wait_ready()
    net.outsider.run("ip", "route", "add", "10.0.3.0/24", "via", JOB)

    assert net.outsider.probe(JOB, tunnel.port, 2) == "unreachable"
    assert net.outsider.probe(*PRIVATE, 2) == "unreachable"

    # Without the guard the outsider gets an answer: so it was the guard that refused.
    if iptables:
        net.job.run("nft", "flush", "table", "inet", f"devstack-tunnel-{tunnel.port}")
        assert net.outsider.probe(*PRIVATE) == "answered"
    else:
        net.job.run("iptables", "-I", "INPUT", "-p", "tcp", "-j", "ACCEPT")
        assert net.outsider.probe(*PRIVATE) == "answered"


@pytest.mark.usefixtures("sshd")
def test_a_bridge_that_is_made_later_is_admitted(net, open_tunnel):
    """The suite creates kind's network long after the tunnel is open."""
    net.job.run("ip", "link", "delete", "br-kind")
    tunnel = open_tunnel().wait_ready()
    assert "open to lo\n" in tunnel.printed

    container = net.space()
    net.add_bridge(net.job, container)

    assert reached(container)
    assert "open to lo, br-kind\n" in tunnel.printed


@pytest.mark.usefixtures("sshd")
def test_a_bridge_that_strangers_come_in_by_is_not_admitted(net, open_tunnel):
    """On a workstation the uplink itself may be a port of a bridge."""
    net.job.run("ip", "link", "add", "br-lan", "type", "bridge")
    net.job.run("ip", "link", "set", "eth0", "master", "br-lan")
    net.job.run("ip", "address", "flush", "dev", "eth0")
    net.job.run("ip", "address", "add", f"{JOB}/24", "dev", "br-lan")
    net.job.run("ip", "link", "set", "br-lan", "up")
    net.job.run("ip", "route", "replace", "default", "via", OUTSIDER)

    tunnel = open_tunnel().wait_ready()

    assert "open to lo, br-kind\n" in tunnel.printed
    assert net.outsider.probe(JOB, tunnel.port, 2) == "unreachable"


@pytest.mark.usefixtures("sshd")
def test_controller_inside_a_routed_network_is_still_reached(open_tunnel, outputs, net):
    """Otherwise ssh's own connection would be routed into the tunnel that it carries."""
    outputs["tunnel_cidrs"].append("203.0.113.0/24")
    tunnel = open_tunnel().wait_ready()
    assert reached(net.container)
    assert tunnel.end() == 0


@pytest.fixture(params=["a container", "its bridge"])
def from_container(request, net):
    """The options that check the tunnel from a container's place in the network."""
    if request.param == "a container":
        return ("--probe-from", str(net.container.path))
    return ("--probe-bridge", "br-kind")


@pytest.mark.usefixtures("sshd")
def test_a_check_from_a_container_tells_where_it_fails(net, open_tunnel, from_container):
    """The job may reach the nodes while a firewall rule of Docker drops packets of containers."""
    net.job.run("iptables", "-t", "raw", "-A", "PREROUTING", "-i", "br-kind", "-j", "DROP")

    tunnel = open_tunnel(*from_container)

    assert tunnel.wait_ended() == 1
    assert "not from container" in tunnel.printed
    assert ": unreachable" in tunnel.printed
    assert net.job.rules() == []
    assert not stand_in(tunnel).exists()


@pytest.mark.usefixtures("sshd")
def test_a_check_from_a_container_that_works(open_tunnel, from_container):
    tunnel = open_tunnel(*from_container).wait_ready()

    assert stand_in(tunnel).exists() == ("--probe-bridge" in from_container)
    assert tunnel.end() == 0
    assert not stand_in(tunnel).exists()


def stand_in(tunnel):
    """Return the network namespace from which a tunnel checks a bridge."""
    return Path(f"/run/netns/devstack-{tunnel.process.pid}")


def test_podmans_namespace_is_served_from_inside(net, open_tunnel, tmp_path):
    """Rootless Podman has a user namespace with its own uplink and the containers' bridge."""
    rootless = net.space("--user", "--map-root-user")
    net.plug(rootless, "203.0.113.3", net.wire, "wire")
    rootless.run("ip", "route", "add", "default", "via", OUTSIDER)
    pod = net.space()
    net.add_bridge(rootless, pod)
    net.sshd(tmp_path / "key")

    tunnel = open_tunnel("--netns", str(rootless.path)).wait_ready()

    assert reached(pod)
    assert net.job.rules() == []
    assert net.job.probe(*PRIVATE) == "unreachable"
    assert tunnel.end() == 0
    assert rootless.rules() == []
