"""Cloud: query and change OpenStack with its command line client, as admin."""

from __future__ import annotations

import json
import re
from typing import Any

from devstack_node import node

_CLIENT = ("openstack", "--os-cloud", "devstack-admin")
_STATUS = re.compile(r"\(HTTP (\d{3})\)|Exception: (\d{3}): ")
"""The HTTP status in an error message, in the formats of the client's two kinds of libraries."""
_REFUSALS = range(400, 500)
_PASSING = (404, 408, 413, 423, 425, 429)
"""Client errors worth a retry: not found yet, time-out, too large, locked, rate limit."""
_DENIED = (401, 403)


class Row(dict[str, Any]):
    """One row of the client's output. A missing column raises RuntimeError, like an API error."""

    def __missing__(self, column: str) -> Any:
        raise RuntimeError(f"openstack shows no '{column}', only {', '.join(self) or 'nothing'}")


class DeniedError(RuntimeError):
    """401 or 403. Permanent, except while the cloud is being set up."""


class RefusedError(node.LastingError):
    """A client error that a retry of the same request cannot change."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def change(*words: str, timeout_s: float = node.RUN_S) -> str:
    """Run one command of the client and return its standard output.

    Raises DeniedError or RefusedError by the API's status, LastingError if the client is missing,
    and RuntimeError for errors that a retry may clear.
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
    """Return the rows that a list command prints. Raises RuntimeError for any other output."""
    found = _json(*words, timeout_s=timeout_s)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise RuntimeError(f"openstack {' '.join(words)} printed no list of rows")
    return [Row(row) for row in found]


def show(kind: str, name: str) -> Row:
    """Return one resource. Raises RuntimeError for output that is no JSON object."""
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
    """Tell whether a resource exists, given as kind and name: `has("volume", "type", NAME)`."""
    return any(row["Name"] == words[-1] for row in rows(*words[:-1], "list"))


def is_host(name: str, hostname: str) -> bool:
    """Compare a service's host with a host name. On some images the former has a domain."""
    return name.partition("@")[0].partition(".")[0] == hostname


def is_up(service: Row) -> bool:
    """Tell whether a service reports, and is enabled."""
    return bool(service["State"] == "up" and service["Status"] == "enabled")


def up(services: list[Row], binary: str, hostname: str = "") -> Row | None:
    """Return the first service of a binary that is up and enabled, on the host if given."""
    for service in services:
        ours = not hostname or is_host(str(service["Host"]), hostname)
        if service["Binary"] == binary and ours and is_up(service):
            return service
    return None


def agents(hostname: str) -> list[str]:
    """Return the types of the live network agents on a host."""
    found = rows("network", "agent", "list")
    ours = [agent for agent in found if is_host(str(agent["Host"]), hostname)]
    return [str(agent["Agent Type"]) for agent in ours if agent["Alive"] is True]
