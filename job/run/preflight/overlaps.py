"""Overlaps: compare our ranges with this machine's routes, and check MTUs."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from pathlib import Path

from host.ending import Ending
from job.run.preflight.container_networks import ContainerNetwork, networks
from job.run.preflight.findings import Report
from job.run.preflight.routes import Route, routes
from stacks.problems import key_of
from stacks.settings import Settings

# Ranges that the tunnel routes. Tenant networks stay inside OpenStack, so they may overlap.
_TUNNELLED = ("internal_cidr", "floating_cidr")
_TENANTS = "tenant_cidr"
_DOCKERS_MTU = 1500
# Docker's default pools, from which it takes the next network, in this order.
_POOLS = (
    *(IPv4Network(f"172.{number}.0.0/16") for number in range(17, 32)),
    *IPv4Network("192.168.0.0/16").subnets(new_prefix=20),
)


def check(
    settings: Settings,
    environ: Mapping[str, str],
    ending: Ending,
    *,
    root: Path = Path("/"),
) -> Report:
    """Check the routes of this network namespace and the networks of its containers."""
    own_routes = routes(root)
    containers = networks(environ, ending)
    report = Report()
    # Without a tunnel, this machine's routes are expected to cover these ranges.
    routed = _TUNNELLED if environ.get("DEVSTACK_TUNNEL") == "none" else ()
    everything, of_containers = owners(own_routes, containers), owners((), containers)
    for key in (*_TUNNELLED, _TENANTS):
        network = IPv4Network(getattr(settings, key))
        taken = of_containers if key in routed else everything
        lines = [
            f"{key_of(key)}: {network} overlaps {other} ({owner}); choose another range"
            for other, owner in taken.items()
            if network.overlaps(other)
        ]
        if key == _TENANTS:
            report.warnings += lines
            continue
        report.problems += lines
        if any(each.engine == "docker" for each in containers):
            report.warnings += _next_pool(key, network, everything)
    report.warnings += mtus(own_routes, containers, root)
    return report


def owners(
    own_routes: Iterable[Route], containers: Iterable[ContainerNetwork]
) -> dict[IPv4Network, str]:
    """Return each range and its owner. A container network may belong to another machine."""
    taken = {
        route.network: f"the route by {route.device}"
        for route in own_routes
        if not route.is_default
    }
    for each in containers:
        for subnet in each.subnets:
            where = f", {each.bridge}" if each.bridge else ""
            taken[subnet] = f"{each.engine}'s network {each.name}{where}"
    return taken


def mtus(
    own_routes: Iterable[Route], containers: Iterable[ContainerNetwork], root: Path = Path("/")
) -> Iterator[str]:
    """Yield a warning for each bridge whose MTU exceeds that of the default route.

    Where ICMP is dropped, a container never learns the smaller MTU, and its connections hang.
    """
    uplinks = [route.device for route in own_routes if route.is_default]
    outer = min(filter(None, (_mtu(root, device) for device in uplinks)), default=None)
    if outer is None:
        return
    for each in containers:
        inner = each.mtu or _mtu(root, each.bridge) or _DOCKERS_MTU
        if each.bridge and inner > outer:
            yield (
                f"MTU: {each.engine}'s network {each.name} has {inner} bytes, more than the {outer}"
                f" of {uplinks[0]}; set its MTU to {outer}"
            )


def _next_pool(key: str, network: IPv4Network, taken: Iterable[IPv4Network]) -> Iterator[str]:
    """Yield a warning if Docker's next network, such as kind's, would overlap."""
    free = (pool for pool in _POOLS if not any(pool.overlaps(other) for other in taken))
    pool = next(free, None)
    if pool and pool.overlaps(network):
        yield (
            f"{key_of(key)}: {network} is in {pool}, which Docker takes for its next network;"
            " remove networks that are not used, or choose another range"
        )


def _mtu(root: Path, device: str) -> int | None:
    try:
        return int((root / "sys/class/net" / device / "mtu").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
