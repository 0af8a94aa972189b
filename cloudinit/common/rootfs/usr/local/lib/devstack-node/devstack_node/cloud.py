"""Cloud: questions to OpenStack and changes to it, through its own client and as admin."""

from __future__ import annotations

import json
import re
from typing import Any

from devstack_node import node

_CLIENT = ("openstack", "--os-cloud", "devstack-admin")
_STATUS = re.compile(r"\(HTTP (\d{3})\)|Exception: (\d{3}): ")
"""How the client's two kinds of libraries write an API's status."""
_REFUSALS = range(400, 500)
_PASSING = (404, 408, 413, 423, 425, 429)
"""Refusals that pass: not there yet, too late, too often, locked."""
_DENIED = (401, 403)


class Row(dict[str, Any]):
    """What the client shows of one thing. A column that it lacks is an error like the API's."""

    def __missing__(self, column: str) -> Any:
        raise RuntimeError(f"openstack shows no '{column}', only {', '.join(self) or 'nothing'}")


class DeniedError(RuntimeError):
    """The API knows no such user or right: for good, unless the cloud is being set up."""


class RefusedError(node.LastingError):
    """The API refused a request by a status that the same request will always get."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def change(*words: str, timeout_s: float = node.RUN_S) -> str:
    """Run one command of the client, and return what it printed.

    Raises RuntimeError with what it said: RefusedError or DeniedError for a refusal of these
    kinds, any other one for what may pass.
    """
    try:
        return node.run(*_CLIENT, *words, timeout_s=timeout_s)
    except node.LastingError:
        raise
    except RuntimeError as error:
        found = _STATUS.search(str(error))
        status = int(found[1] or found[2]) if found else 0
        if status in _DENIED:
            raise DeniedError(str(error)) from None
        if status in _REFUSALS and status not in _PASSING:
            raise RefusedError(status, str(error)) from None
        raise


def rows(*words: str, timeout_s: float = node.RUN_S) -> list[Row]:
    """What a command that lists says. Raises RuntimeError, also for what is no list of rows."""
    found = _json(*words, timeout_s=timeout_s)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise RuntimeError(f"openstack {' '.join(words)} printed no list of rows")
    return [Row(row) for row in found]


def show(kind: str, name: str) -> Row:
    """What the client shows of one thing. Raises RuntimeError, also for what is no object."""
    found = _json(kind, "show", name)
    if isinstance(found, dict):
        return Row(found)
    raise RuntimeError(f"openstack {kind} show {name} printed no object")


def _json(*words: str, timeout_s: float = node.RUN_S) -> Any:
    said = change(*words, "-f", "json", timeout_s=timeout_s)
    try:
        return json.loads(said)
    except (ValueError, RecursionError) as error:
        raise RuntimeError(f"openstack {' '.join(words)} printed no JSON: {error}") from None


def has(*words: str) -> bool:
    """Whether the list of such things, like `volume type NAME`, has that name."""
    return any(row["Name"] == words[-1] for row in rows(*words[:-1], "list"))


def is_host(name: str, hostname: str) -> bool:
    """Whether a service's host is that machine: some images name it with its domain."""
    return name.partition("@")[0].partition(".")[0] == hostname


def up(services: list[Row], binary: str, hostname: str = "") -> Row | None:
    """The first service of that binary, on that host if named, that is up and enabled."""
    for service in services:
        ours = not hostname or is_host(str(service["Host"]), hostname)
        alive = service["State"] == "up" and service["Status"] == "enabled"
        if service["Binary"] == binary and ours and alive:
            return service
    return None


def agents(hostname: str) -> list[str]:
    """The types of the machine's network agents that are alive."""
    found = rows("network", "agent", "list")
    ours = [agent for agent in found if is_host(str(agent["Host"]), hostname)]
    return [str(agent["Agent Type"]) for agent in ours if agent["Alive"] is True]
