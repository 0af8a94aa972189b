"""Bridge: a stand-in for a container on Docker's bridge, for the check from where containers are.

It has an interface on the bridge, an address of its subnet and the bridge as its gateway: all that
Docker's own rules, which may let the host through and no container, look at.
"""

import ipaddress
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host.errors import JobError
from job.network.tunnel.namespace import Namespace

_NAMESPACES = Path("/run/netns")


@contextmanager
def container_on(bridge: str, outside: Namespace) -> Iterator[Path]:
    """A namespace on a bridge of `outside`, by its path, while the block runs. Raises JobError."""
    network = _network_of(bridge, outside)
    # Docker hands out addresses from the lowest on.
    address = f"{network.network.broadcast_address - 1}/{network.network.prefixlen}"
    name = f"devstack-{os.getpid()}"
    outer = f"dsk{os.getpid()}"
    inner = Namespace(path=_NAMESPACES / name, environment=outside.environment)
    _run(outside, "ip", "netns", "add", name)
    try:
        link = ("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", name)
        _run(outside, *link)
        _run(outside, "ip", "link", "set", outer, "master", bridge, "up")
        _run(inner, "ip", "address", "add", address, "dev", "eth0")
        _run(inner, "ip", "link", "set", "eth0", "up")
        _run(inner, "ip", "route", "add", "default", "via", str(network.ip))
        yield _NAMESPACES / name
    finally:
        # Its interface, and the other end of it, go with it.
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
