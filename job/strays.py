"""Strays: resources of the stack that exist in the cloud and that its state does not know.

A run that is cut off leaves them: the provider forgets what it was told to stop waiting for,
although Compute Engine goes on creating it. Names are decided by the program, so they are found.
"""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from googleapiclient.errors import HttpError

from job.compute import Place, connect
from job.errors import JobError

_DEADLINE_S = 600
_RETRY_S = 2.0
_NOT_FOUND = 404
_PASSING = {409, 429, 500, 502, 503, 504}
_TRANSIENT_REASONS = ("resourceInUseByAnotherResource", "resourceNotReady", "rateLimitExceeded")


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """A REST collection, where it is, and what the names of ours in it end in."""

    collection: str
    parameter: str
    scope: str
    suffixes: tuple[str, ...]


# In the order in which they can be deleted.
_KINDS = (
    _Kind(
        collection="instances",
        parameter="instance",
        scope="zone",
        suffixes=("-controller", "-worker"),
    ),
    _Kind(collection="routers", parameter="router", scope="region", suffixes=("-router",)),
    _Kind(
        collection="firewalls",
        parameter="firewall",
        scope="",
        suffixes=tuple(f"-allow-{g}" for g in ("internal", "ssh", "icmp", "http", "neutron")),
    ),
    _Kind(
        collection="addresses",
        parameter="address",
        scope="region",
        suffixes=tuple(
            f"-{role}-{side}"
            for role in ("controller", "worker")
            for side in ("internal", "external")
        ),
    ),
    _Kind(collection="subnetworks", parameter="subnetwork", scope="region", suffixes=("",)),
    _Kind(collection="networks", parameter="network", scope="", suffixes=("",)),
)


def remove(place: Place, known_ids: Collection[str]) -> list[str]:
    """Delete the strays; give their ids. Raises JobError if one is left."""
    compute = connect(place)
    removed = []
    for kind in _KINDS:
        strays = [each for each in _find(compute, place, kind) if each not in known_ids]
        for stray in strays:
            _delete(compute, place, kind, stray)
        removed += strays
    return removed


def names(prefix: str) -> set[str]:
    """Every name that a resource of a stack can have."""
    return {prefix + suffix for kind in _KINDS for suffix in kind.suffixes}


def _find(compute: Any, place: Place, kind: _Kind) -> Iterator[str]:
    wanted = {place.prefix + suffix for suffix in kind.suffixes}
    methods = getattr(compute, kind.collection)()
    where = {"project": place.project, "filter": f'name eq "{place.prefix}.*"'}
    if kind.scope == "zone":
        # Which zones there are, the service account may not ask.
        answer = methods.aggregatedList(**where).execute()
        parts = answer.get("items", {}).values()
        found = [each for part in parts for each in part.get(kind.collection, [])]
    else:
        if kind.scope:
            where[kind.scope] = place.region
        found = methods.list(**where).execute().get("items", [])
    for each in found:
        if each["name"] in wanted:
            yield "projects/" + each["selfLink"].partition("/projects/")[2]


def _delete(compute: Any, place: Place, kind: _Kind, resource_id: str) -> None:
    """Delete and wait; what is still used or being made is tried again until the deadline."""
    parts = resource_id.split("/")
    where = {"project": place.project, kind.parameter: parts[-1]}
    if kind.scope:
        where[kind.scope] = parts[3]
    deadline = time.monotonic() + _DEADLINE_S
    while True:
        try:
            operation = getattr(compute, kind.collection)().delete(**where).execute()
            failure = _wait(compute, place, operation, deadline)
        except HttpError as error:
            if error.resp.status == _NOT_FOUND:
                return
            failure = str(error)
            if error.resp.status not in _PASSING and not _is_transient(failure):
                raise JobError(f"strays: {resource_id} was not deleted: {failure}") from None
        if not failure:
            return
        if time.monotonic() > deadline:
            raise JobError(f"strays: {resource_id} was not deleted in {_DEADLINE_S} s: {failure}")
        time.sleep(_RETRY_S)


def _is_transient(text: str) -> bool:
    return any(reason in text for reason in _TRANSIENT_REASONS)


def _wait(compute: Any, place: Place, operation: Mapping[str, Any], deadline: float) -> str:
    """The operation's error, or an empty string."""
    where = {"project": place.project, "operation": operation["name"]}
    scope = next((scope for scope in ("zone", "region") if scope in operation), "global")
    if scope != "global":
        where[scope] = operation[scope].rpartition("/")[2]
    while operation["status"] != "DONE" and time.monotonic() < deadline:
        operation = getattr(compute, f"{scope}Operations")().wait(**where).execute()
    errors = operation.get("error", {}).get("errors", [])
    return "; ".join(error.get("message", error["code"]) for error in errors)
