"""Volumes: a node's backends of Cinder. Each one in its local.conf is a service of its own."""

from __future__ import annotations

from devstack_node import cloud, zones

_BINARY = "cinder-volume"


def missing(hostname: str, zone: str) -> list[str]:
    """Return what a node's backends lack, as sentences.

    All must be up, and then one in the node's AZ: local.conf may put others elsewhere. Raises
    WrongZoneError if none is.
    """
    ours = [
        row
        for row in cloud.rows("volume", "service", "list")
        if row["Binary"] == _BINARY and cloud.is_host(str(row["Host"]), hostname)
    ]
    if not ours:
        return [f"{_BINARY} of {hostname} is not up"]
    down = [f"{_BINARY} of {row['Host']} is not up" for row in ours if not cloud.is_up(row)]
    if not down and all(row["Zone"] != zone for row in ours):
        raise zones.WrongZoneError(
            f"{_BINARY} of {hostname} is in AZ {ours[0]['Zone']}, not {zone}; replace the instance"
        )
    return down
