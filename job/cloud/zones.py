"""Zones: where each node is put, and the next zone of the list when one cannot take it.

A zone cannot take a node when it has no room, or when it lacks what the node is made of (a machine
type, a CPU platform, a type of disk) and another zone may have it. Nothing else moves a node: a
quota counts for the region, and a policy or a wrong request is refused in every zone alike.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host.errors import JobError, NoRoomError
from job.cloud.engine import event_log
from job.cloud.engine.provider_messages import refusals
from job.cloud.engine.refusal import Refusal
from job.cloud.kinds import INSTANCES
from job.cloud.stack import Stack
from stacks.roles import zones_to_try

Resource = Mapping[str, Any]

INSTANCE = INSTANCES.token
_SETTINGS = {"controller": "devstack:controllerZone", "worker": "devstack:workerZone"}


@dataclass(frozen=True, kw_only=True)
class Departure:
    """A node that was not made in a zone, since the zone could not take it."""

    role: str
    zone: str
    refusal: Refusal

    @property
    def why(self) -> str:
        """What the zone is short of."""
        return "has no room" if self.refusal.zone_is_full else f"lacks it ({self.refusal.gist})"


@dataclass
class Zones:
    """The zone of each node by role. Nodes that are there stay where they are."""

    stack: Stack
    _candidates: dict[str, list[str]] = field(default_factory=dict)
    """What is left to try, the present one first."""
    _left: list[Departure] = field(default_factory=list)

    def choose(self, resources: Iterable[Resource]) -> None:
        """Put each node into the first of the zones for it."""
        there = {
            resource["urn"].rpartition("::")[2]: resource["inputs"]["zone"]
            for resource in resources
            if resource["type"] == INSTANCE and not resource.get("delete")
        }
        settings = self.stack.settings
        pins = {"controller": settings.controller_zone, "worker": settings.worker_zone}
        for role, pinned in pins.items():
            present = there.get(role, "")
            self._candidates[role] = zones_to_try(pinned, settings.zones, present)
        self._stage()

    def move_on(self, event_logs: Sequence[Path], say: Callable[[str], object]) -> bool:
        """Whether the last of these runs failed for its zones alone, and there are others to try.

        Raises JobError if there is no other.
        """
        failures = [each for log in event_logs[-1:] for each in _failures(log)]
        if not all(refusal.is_of_zone for _, _, refusal in failures):
            return False
        left = sorted(_departures(failures), key=lambda each: each.role)
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

    def _exhausted(self, role: str) -> JobError:
        """The error of a node for which no zone is left."""
        left = [each for each in self._left if each.role == role]
        last, key = left[-1], _SETTINGS[role]
        if all(each.refusal.zone_lacks_it for each in left):
            machine = getattr(self.stack.settings, f"{role}_machine_type")
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
        self.stack.override({_SETTINGS[role]: zone for role, zone in chosen.items()})


def departures(event_log: Path) -> list[Departure]:
    """The nodes that a run could not make for want of room or kind in a zone, one a role."""
    return list(_departures(_failures(event_log)))


_Failure = tuple[str, str, Refusal]
"""A URN, the zone of an instance or an empty string, and what was refused."""


def _departures(failures: Iterable[_Failure]) -> Iterator[Departure]:
    # The provider reports one failure twice.
    told = set()
    for urn, zone, refusal in failures:
        role = urn.rpartition("::")[2]
        if _type(urn) == INSTANCE and refusal.is_of_zone and role not in told:
            told.add(role)
            yield Departure(role=role, zone=zone, refusal=refusal)


def _failures(log: Path) -> Iterator[_Failure]:
    """What failed of the resources in Google Cloud."""
    zones: dict[str, str] = {}
    for event in event_log.read(log):
        step = event.get("resourcePreEvent", {}).get("metadata", {})
        zone = ((step.get("new") or {}).get("inputs") or {}).get("zone")
        if zone:
            zones[step["urn"]] = zone
        diagnostic = event.get("diagnosticEvent", {})
        urn = diagnostic.get("urn", "")
        if diagnostic.get("severity") == "error" and _type(urn).startswith("gcp:"):
            for refusal in refusals(diagnostic["message"]):
                yield urn, zones.get(urn, ""), refusal


def _type(urn: str) -> str:
    """The type of a resource, without those of the components that it is part of."""
    return urn.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2]
