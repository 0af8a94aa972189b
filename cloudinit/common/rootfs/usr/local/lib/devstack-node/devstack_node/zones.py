"""Zones: add a compute host to its AZ, an aggregate of the same name in Nova.

Nova answers 409 in two cases that a retry cannot clear: the host is in another AZ, or it has
servers, which cannot change their AZ. Both raise WrongZoneError with the AZ's name.
"""

from __future__ import annotations

import re

from devstack_node import cloud, node

_UNASSIGNED = "nova"
"""The AZ that Nova shows for a compute service in no AZ aggregate."""
_CONFLICT = 409
_OTHERS = re.compile(r"already in availability zone\(s\) \[([^\]]*)\]")


class WrongZoneError(node.LastingError):
    """A host is in another AZ, or cannot be added to its own."""


def join(zone: str, service: cloud.Row) -> None:
    """Add a compute service's host to the AZ. Idempotent.

    Raises WrongZoneError, or RuntimeError for errors that a retry may clear.
    """
    host, present = str(service["Host"]), str(service["Zone"])
    if present == zone:
        return
    if present != _UNASSIGNED:
        raise _elsewhere(host, zone, present)
    _make(zone)
    try:
        cloud.change("aggregate", "add", "host", zone, host)
    except cloud.RefusedError as error:
        if error.status != _CONFLICT:
            raise
        # An earlier attempt succeeded, but its answer was lost.
        if f"already has host {host}" in str(error):
            return
        others = _OTHERS.search(str(error))
        if others:
            raise _elsewhere(host, zone, others[1].replace("'", "")) from None
        raise WrongZoneError(
            f"Nova does not put {host} into AZ {zone}: {error}; delete its servers,"
            " or replace the instance"
        ) from None


def _elsewhere(host: str, zone: str, present: str) -> WrongZoneError:
    return WrongZoneError(
        f"{host} is in AZ {present}, not {zone}; a host is in one AZ only:"
        " take it out of that AZ's aggregate, or replace the instance"
    )


def _make(zone: str) -> None:
    found = [row for row in cloud.rows("aggregate", "list") if row["Name"] == zone]
    if found:
        present = found[0]["Availability Zone"]
        if present != zone:
            raise WrongZoneError(f"aggregate {zone} is there, but of AZ {present}; delete it")
        return
    try:
        cloud.change("aggregate", "create", "--zone", zone, zone)
    except cloud.RefusedError as error:
        # An earlier attempt succeeded, but its answer was lost.
        if "already exists" not in str(error):
            raise
