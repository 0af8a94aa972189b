"""Roles: what differs between controller and worker, decided once for the rest of the program."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stacks.naming import Role
from stacks.settings import Settings

_BUILD_MARGIN_S = 3600
"""What the worker's own part of stack.sh may take beside its wait for the controller."""


@dataclass(frozen=True, kw_only=True)
class NodeRole:
    """One of a stack's nodes, as its settings want it."""

    role: Role
    hostname: str
    internal_ip: str
    has_external_ip: bool
    machine_type: str
    zone: str
    stack_deadline_s: int
    """Seconds for stack.sh."""
    readiness_subject: Literal["node", "worker"]
    """What the controller is asked for to learn whether this node is ready."""


def node_roles(settings: Settings) -> dict[Role, NodeRole]:
    """Return the nodes that valid settings ask for, the controller first."""
    nodes = [
        NodeRole(
            role="controller",
            hostname=settings.owner.instance("controller"),
            internal_ip=settings.controller_ip,
            has_external_ip=True,
            machine_type=settings.controller_machine_type,
            zone=zones_to_try(settings.controller_zone, settings.zones)[0],
            stack_deadline_s=settings.node_deadline_s,
            readiness_subject="node",
        )
    ]
    if settings.worker:
        nodes.append(
            NodeRole(
                role="worker",
                hostname=settings.owner.instance("worker"),
                internal_ip=settings.worker_ip,
                has_external_ip=settings.worker_external_ip,
                machine_type=settings.worker_machine_type,
                zone=zones_to_try(settings.worker_zone, settings.zones)[0],
                stack_deadline_s=settings.node_deadline_s + _BUILD_MARGIN_S,
                readiness_subject="worker",
            )
        )
    return {node.role: node for node in nodes}


def zones_to_try(pinned: str, zones: Sequence[str], present: str = "") -> list[str]:
    """Return the zones for a node, best first.

    A zone that the node's setting names is the only one. Else the node stays where it is, if that
    zone is still in the list, and the list's order decides about the rest.
    """
    if pinned:
        return [pinned]
    return [zone for zone in dict.fromkeys((present, *zones)) if zone in zones]
