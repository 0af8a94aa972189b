"""Bridge: a network namespace that stands in for a container on Docker's bridge.

It has an interface on the bridge, an address of its subnet, and the bridge as gateway. Docker's own
firewall rules, which may admit the host and no container, look at nothing else.
"""

import ipaddress
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from host.errors import JobError
from job.network.tunnel.namespace import Namespace

_NAMESPACES = Path("/run/netns")


@contextmanager
def container_on(bridge: str, outside: Namespace) -> Iterator[Namespace]:
    """Yield a namespace on a bridge of `outside`. Raises JobError."""
    network = _network_of(bridge, outside)
    # Docker assigns addresses from the lowest on, so take one from the other end.
    address = f"{network.network.broadcast_address - 1}/{network.network.prefixlen}"
    name = f"devstack-{os.getpid()}"
    outer = f"dsk{os.getpid()}"
    inner = replace(outside, path=_NAMESPACES / name)
    _run(outside, "ip", "netns", "add", name)
    try:
        link = ("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", name)
        _run(outside, *link)
        _run(outside, "ip", "link", "set", outer, "master", bridge, "up")
        _run(inner, "ip", "address", "add", address, "dev", "eth0")
        _run(inner, "ip", "link", "set", "eth0", "up")
        _run(inner, "ip", "route", "add", "default", "via", str(network.ip))
        yield inner
    finally:
        # This also removes both ends of its interface.
        outside.run("ip", "netns", "delete", name)


def _network_of(bridge: str, outside: Namespace) -> ipaddress.IPv4Interface:
    shown = json.loads(_run(outside, "ip", "-json", "-4", "address", "show", "dev", bridge) or "[]")
    addresses = shown[0]["addr_info"] if shown else []
    if not addresses:
        raise JobError(f"tunnel: {bridge} has no IPv4 address; name a bridge of containers")
    return ipaddress.IPv4Interface(f"{addresses[0]['local']}/{addresses[0]['prefixlen']}")


def _run(space: Namespace, *command: str) -> str:
    answer = space.run(*command)
    if answer.code:
        raise JobError(
            f"tunnel: no container to check from: '{' '.join(command)}': {answer.complaint}"
        )
    return answer.output
