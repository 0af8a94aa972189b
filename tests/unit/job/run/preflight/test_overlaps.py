"""Overlaps: ranges that this machine already uses, and bridges with an MTU above the uplink's."""

from ipaddress import IPv4Network

import pytest

from job.run.preflight import overlaps
from job.run.preflight.container_networks import ContainerNetwork
from job.run.preflight.routes import Route


def route(network, device="eth0"):
    return Route(network=IPv4Network(network), device=device)


def docker(name="kind", *subnets, mtu=None):
    return ContainerNetwork(
        engine="docker",
        name=name,
        subnets=tuple(map(IPv4Network, subnets)),
        bridge="br-1",
        mtu=mtu,
    )


@pytest.fixture
def check(monkeypatch, settings, ending, tmp_path):
    """Return the report for the default settings on a machine with these routes and networks."""

    def look(routes=(), networks=(), mtus=(), **environ):
        for device, mtu in dict(mtus).items():
            folder = tmp_path / "sys/class/net" / device
            folder.mkdir(parents=True)
            (folder / "mtu").write_text(f"{mtu}\n")
        monkeypatch.setattr(overlaps, "routes", lambda _root: list(routes))
        monkeypatch.setattr(overlaps, "networks", lambda *_: list(networks))
        return overlaps.check(settings, environ, ending, root=tmp_path)

    return look


def test_a_pod_that_is_elsewhere_passes(check):
    report = check([route("0.0.0.0/0"), route("10.4.7.0/24")], [docker("kind", "172.18.0.0/16")])

    assert (report.problems, report.warnings) == ([], [])


def test_a_route_into_our_range_is_refused_by_name(check):
    report = check([route("10.0.0.0/16", "eth1")])

    [line] = report.problems

    assert line == (
        "devstack:internalCidr: 10.0.3.0/24 overlaps 10.0.0.0/16 (the route by eth1); choose"
        " another range"
    )


def test_without_a_tunnel_routes_into_our_ranges_are_as_they_should_be(check):
    """They lead to the nodes. A container network in that range is still a problem."""
    routes = [route("10.0.0.0/16"), route("172.24.4.0/24")]

    assert check(routes, DEVSTACK_TUNNEL="none").problems == []
    assert len(check(routes, DEVSTACK_TUNNEL="sshuttle").problems) == 2
    containers = [docker("mine", "10.0.3.0/25")]
    assert len(check(routes, containers, DEVSTACK_TUNNEL="none").problems) == 1


def test_all_overlaps_are_told_at_once(check):
    report = check([route("10.0.3.128/25"), route("172.24.0.0/16", "br-2")])

    assert [line.partition(":")[2].partition(":")[0] for line in report.problems] == [
        "internalCidr",
        "floatingCidr",
    ]


def test_a_container_network_is_named_and_not_told_twice(check):
    """The route of its bridge is not reported as well: it says less."""
    report = check([route("172.24.0.0/16", "br-1")], [docker("mine", "172.24.0.0/16")])

    [line] = report.problems

    assert line == (
        "devstack:floatingCidr: 172.24.4.0/24 overlaps 172.24.0.0/16 (docker's network mine,"
        " br-1); choose another range"
    )


def test_a_container_network_of_another_machine_is_seen_without_a_route(check):
    assert "docker's network mine" in check([], [docker("mine", "172.24.0.0/16")]).problems[0]


def test_tenant_networks_only_warn(check):
    """Their addresses never leave OpenStack."""
    report = check([route("10.1.3.0/24")])

    assert report.problems == []
    assert report.warnings[0].startswith("devstack:tenantCidr: 10.1.0.0/20 overlaps 10.1.3.0/24")


def test_dockers_pool_alone_is_no_problem(check):
    """172.24.4.0/24 is in Docker's pool, but Docker uses earlier ranges first."""
    report = check([], [docker("bridge", "172.17.0.0/16")])

    assert (report.problems, report.warnings) == ([], [])


def test_the_network_that_docker_would_make_next_warns(check):
    """kind creates a network when the tests begin."""
    taken = [docker(f"n{number}", f"172.{number}.0.0/16") for number in range(17, 24)]
    report = check([], taken)

    assert report.problems == []
    [line] = report.warnings

    assert line == (
        "devstack:floatingCidr: 172.24.4.0/24 is in 172.24.0.0/16, which Docker takes for its"
        " next network; remove networks that are not used, or choose another range"
    )


@pytest.mark.parametrize(
    ("asked", "device", "told"),
    [(1500, 1400, 1500), (None, 1480, 1480), (None, None, 1500)],
    ids=["asked for", "of the device", "Docker's default"],
)
def test_a_bridge_wider_than_the_way_out_warns_with_both_numbers(check, asked, device, told):
    mtus = {"eth0": 1460} | ({"br-1": device} if device else {})
    report = check([route("0.0.0.0/0")], [docker("kind", mtu=asked)], mtus)

    [line] = report.warnings

    assert line == (
        f"MTU: docker's network kind has {told} bytes, more than the 1460 of eth0; set its"
        " MTU to 1460"
    )


@pytest.mark.parametrize("mtu", [1460, 1400])
def test_a_bridge_that_fits_does_not_warn(check, mtu):
    report = check([route("0.0.0.0/0")], [docker(mtu=mtu)], {"eth0": 1460})

    assert report.warnings == []
