"""Roles: the differences between controller and worker, decided in one place."""

from collections.abc import Sequence
from dataclasses import dataclass

from stacks.naming import Role
from stacks.settings import Settings

# The worker builds its own part after its wait for the controller.
_BUILD_MARGIN_S = {"controller": 0, "worker": 3600}


@dataclass(frozen=True, kw_only=True)
class NodeRole:
    """A node of a stack, derived from the settings."""

    hostname: str
    internal_ip: str
    has_external_ip: bool
    machine_type: str
    zone: str
    stack_deadline_s: int
    """Time limit of stack.sh, seconds."""


def node_roles(settings: Settings) -> dict[Role, NodeRole]:
    """Return the nodes that valid settings ask for, the controller first."""
    return {
        role: NodeRole(
            hostname=settings.owner.instance(role),
            internal_ip=getattr(settings, f"{role}_ip"),
            has_external_ip=role == "controller" or settings.worker_external_ip,
            machine_type=getattr(settings, f"{role}_machine_type"),
            zone=zones_to_try(getattr(settings, f"{role}_zone"), settings.zones)[0],
            stack_deadline_s=settings.node_deadline_s + _BUILD_MARGIN_S[role],
        )
        for role in settings.roles
    }


def zones_to_try(pinned: str, zones: Sequence[str], present: str = "") -> list[str]:
    """Return the zones for a node, best first.

    A zone that the node's setting names is the only one. Else the node stays where it is, if that
    zone is still in the list, and the list's order decides about the rest.
    """
    if pinned:
        return [pinned]
    return [zone for zone in dict.fromkeys((present, *zones)) if zone in zones]
