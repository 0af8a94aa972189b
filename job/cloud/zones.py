"""Zones: choose each node's zone, and move on to the next one if a zone cannot host it.

A node moves on if the zone lacks capacity, or if it lacks a machine type, CPU platform or disk type
that another zone may have. Nothing else moves a node: quotas count for the region, and a policy or
an invalid request is refused in every zone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from host.errors import JobError, NoRoomError
from job.cloud.engine.failures import Failure, failures
from job.cloud.engine.refusal import Refusal
from job.cloud.kinds import INSTANCES
from job.cloud.stack import Stack
from stacks.naming import ROLES, Role
from stacks.problems import key_of
from stacks.roles import node_role

Resource = Mapping[str, Any]

INSTANCE = INSTANCES.token


@dataclass(frozen=True, kw_only=True)
class Departure:
    """A node that left a zone which could not host it."""

    role: Role
    zone: str
    refusal: Refusal

    @property
    def why(self) -> str:
        """What the zone lacks."""
        return "has no room" if self.refusal.zone_is_full else f"lacks it ({self.refusal.gist})"


@dataclass
class Zones:
    """The zone of each node by role. Existing nodes stay where they are."""

    stack: Stack
    _candidates: dict[Role, list[str]] = field(default_factory=dict)
    """Zones left to try, the current one first."""
    _left: list[Departure] = field(default_factory=list)

    def choose(self, resources: Iterable[Resource]) -> None:
        """Choose the first zone for each node."""
        there = {
            resource["urn"].rpartition("::")[2]: resource["inputs"]["zone"]
            for resource in resources
            if resource["type"] == INSTANCE and not resource.get("delete")
        }
        for role in ROLES:
            node = node_role(self.stack.settings, role)
            self._candidates[role] = node.zones_to_try(there.get(role, ""))
        self._stage()

    def move_on(self, event_logs: Sequence[Path], say: Callable[[str], object]) -> bool:
        """Move nodes to their next zones if the last run failed only for lack in zones.

        Returns False for any other failure. Raises JobError if no zone is left.
        """
        failed = [each for log in event_logs[-1:] for each in failures(log)]
        if not all(each.refusal.is_of_zone for each in failed):
            return False
        left = sorted(_departures(failed), key=lambda each: each.role)
        for departure in left:
            role = departure.role
            zone, *others = self._candidates[role]
            self._left.append(Departure(role=role, zone=zone, refusal=departure.refusal))
            if not others:
                raise self._exhausted(role)
            say(f"{role}: zone {zone} {departure.why}; trying {others[0]}")
            self._candidates[role] = others
        self._stage()
        return bool(left)

    def _exhausted(self, role: Role) -> JobError:
        """Return the error of a node without zones left."""
        left = [each for each in self._left if each.role == role]
        last, key = left[-1], key_of(f"{role}_zone")
        if all(each.refusal.zone_lacks_it for each in left):
            machine = node_role(self.stack.settings, role).machine_type
            return JobError(
                f"{role}: {machine} cannot be had in {', '.join(each.zone for each in left)}:"
                f" {last.refusal.gist}; change devstack:{role}MachineType or whatever else is"
                f" lacking, or name other zones in devstack:zones and none in {key}",
                kind="configuration",
            )
        what = "no room for it" if last.refusal.zone_is_full else "not what it asks for"
        return NoRoomError(
            f"{role}: {last.zone} has {what}, and it was the last zone to try;"
            f" try later, or name more in devstack:zones and none in {key}"
        )

    def _stage(self) -> None:
        chosen = {role: zones[0] for role, zones in self._candidates.items() if zones}
        self.stack.override({key_of(f"{role}_zone"): zone for role, zone in chosen.items()})


def departures(event_log: Path) -> list[Departure]:
    """Return the nodes that a run could not create for lack in a zone, one for each role."""
    return _departures(failures(event_log))


def _departures(failed: Iterable[Failure]) -> list[Departure]:
    found: dict[Role, Departure] = {}
    for each in failed:
        if each.type == INSTANCE and each.refusal.is_of_zone:
            # The program gives its instances no other names.
            role = cast("Role", each.name)
            # The provider reports each failure twice.
            found.setdefault(role, Departure(role=role, zone=each.zone, refusal=each.refusal))
    return list(found.values())
