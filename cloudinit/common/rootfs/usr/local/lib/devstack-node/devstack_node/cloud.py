"""Cloud: questions to OpenStack and changes to it, through its own client and as admin."""

from __future__ import annotations

import json
from typing import Any

from devstack_node import node

Row = dict[str, Any]

_CLIENT = ("openstack", "--os-cloud", "devstack-admin")
_UNASSIGNED_ZONE = "nova"
"""Where Nova shows a compute service that no aggregate has put into an AZ."""


class WrongZoneError(RuntimeError):
    """A host is in another AZ, which no waiting mends."""


def change(*words: str, timeout_s: float = node.RUN_S) -> str:
    """Run one command of the client. Raises RuntimeError with what it said."""
    return node.run(*_CLIENT, *words, timeout_s=timeout_s)


def rows(*words: str, timeout_s: float = node.RUN_S) -> list[Row]:
    """What a command that lists says. Raises RuntimeError."""
    return list(json.loads(change(*words, "-f", "json", timeout_s=timeout_s)))


def show(kind: str, name: str) -> Row:
    """What the client shows of one thing. Raises RuntimeError."""
    return dict(json.loads(change(kind, "show", name, "-f", "json")))


def has(*words: str) -> bool:
    """Whether the list of such things, like `volume type NAME`, has that name."""
    return any(row["Name"] == words[-1] for row in rows(*words[:-1], "list"))


def is_host(name: str, hostname: str) -> bool:
    """Whether a service's host is that machine: some images name it with its domain."""
    return name.partition("@")[0].partition(".")[0] == hostname


def up(services: list[Row], binary: str, hostname: str = "") -> Row | None:
    """The first service of that binary, on that host if named, that is up and enabled."""
    for service in services:
        ours = not hostname or is_host(service["Host"], hostname)
        alive = service["State"] == "up" and service["Status"] == "enabled"
        if service["Binary"] == binary and ours and alive:
            return service
    return None


def agents(hostname: str) -> list[str]:
    """The types of the machine's network agents that are alive."""
    found = rows("network", "agent", "list")
    ours = [agent for agent in found if is_host(agent["Host"], hostname)]
    return [agent["Agent Type"] for agent in ours if agent["Alive"] is True]


def join_zone(zone: str, service: Row) -> None:
    """Put a compute service's host into the AZ. Raises WrongZoneError, or RuntimeError."""
    host, present = service["Host"], service["Zone"]
    if present == zone:
        return
    if present != _UNASSIGNED_ZONE:
        raise WrongZoneError(f"{host} is in AZ {present}, not {zone}; a host is in one AZ only")
    if not has("aggregate", zone):
        change("aggregate", "create", "--zone", zone, zone)
    change("aggregate", "add", "host", zone, host)
