"""Roles: the differences between controller and worker, decided in one place."""

from dataclasses import dataclass

from stacks.naming import Role
from stacks.settings import Settings

# The worker builds its own part after its wait for the controller.
_WORKER_BUILDS_S = 3600


@dataclass(frozen=True, kw_only=True)
class NodeRole:
    """A node of a stack, derived from the settings."""

    instance: str
    """Name in Compute Engine."""
    hostname: Role
    internal_ip: str
    has_external_ip: bool
    machine_type: str
    zones: tuple[str, ...]
    """The one zone that the node's setting names, else all zones in their order."""
    stack_deadline_s: int
    """Time limit of stack.sh, seconds."""

    @property
    def zone(self) -> str:
        """The zone of the node in valid settings."""
        return self.zones[0]

    def zones_to_try(self, present: str) -> list[str]:
        """Return the zones, best first. A node stays where it is, if that zone is among them."""
        return [zone for zone in dict.fromkeys((present, *self.zones)) if zone in self.zones]


def node_role(settings: Settings, role: Role) -> NodeRole:
    """Return what the settings decide about a node, even if they ask for no such node."""
    if role == "controller":
        return NodeRole(
            instance=settings.owner.instance(role),
            hostname=role,
            internal_ip=settings.controller_ip,
            has_external_ip=True,
            machine_type=settings.controller_machine_type,
            zones=(settings.controller_zone,) if settings.controller_zone else settings.zones,
            stack_deadline_s=settings.node_deadline_s,
        )
    return NodeRole(
        instance=settings.owner.instance(role),
        hostname=role,
        internal_ip=settings.worker_ip,
        has_external_ip=settings.worker_external_ip,
        machine_type=settings.worker_machine_type,
        zones=(settings.worker_zone,) if settings.worker_zone else settings.zones,
        stack_deadline_s=settings.node_deadline_s + _WORKER_BUILDS_S,
    )


def node_roles(settings: Settings) -> dict[Role, NodeRole]:
    """Return the nodes that the settings ask for, the controller first."""
    return {role: node_role(settings, role) for role in settings.roles}
