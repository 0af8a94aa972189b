"""Zones: where each node is put, and the next zone of the list when one has no room for it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from job.errors import NoRoomError
from job.stack import Stack

Resource = Mapping[str, Any]

INSTANCE = "gcp:compute/instance:Instance"
_SETTINGS = {"controller": "devstack:controllerZone", "worker": "devstack:workerZone"}
# The provider passes on the API's message, and the code only where the insert itself was refused.
_FULL = re.compile(
    r"ZONE_RESOURCE_POOL_EXHAUSTED|does not have enough resources available to fulfill the request"
)


@dataclass
class Zones:
    """The zone of each node by role. Nodes that are there stay where they are."""

    stack: Stack
    _candidates: dict[str, list[str]] = field(default_factory=dict)
    """What is left to try, the present one first."""

    def choose(self, resources: Iterable[Resource]) -> None:
        """Put each node where the settings say, else where it is, else into the first zone."""
        there = {
            resource["urn"].rpartition("::")[2]: resource["inputs"]["zone"]
            for resource in resources
            if resource["type"] == INSTANCE and not resource.get("delete")
        }
        zones = self.stack.settings("devstack:zones")
        for role, key in _SETTINGS.items():
            pinned = self.stack.setting(key)
            first = there.get(role)
            self._candidates[role] = (
                [pinned] if pinned else [z for z in dict.fromkeys([first, *zones]) if z in zones]
            )
        self._stage()

    def move_on(self, event_logs: Sequence[Path], say: Callable[[str], object]) -> bool:
        """Whether the last of these runs failed for want of room, and there is another zone.

        Raises NoRoomError if there is no other.
        """
        full = sorted(role for log in event_logs[-1:] for role in without_room(log))
        for role in full:
            zone, *others = self._candidates[role]
            if not others:
                raise NoRoomError(
                    f"{role}: {zone} has no room for it, and it was the last zone to try;"
                    f" try later, or name more in devstack:zones and none in {_SETTINGS[role]}"
                )
            say(f"{role}: zone {zone} has no room; trying {others[0]}")
            self._candidates[role] = others
        self._stage()
        return bool(full)

    def _stage(self) -> None:
        chosen = {role: zones[0] for role, zones in self._candidates.items() if zones}
        self.stack.override({_SETTINGS[role]: zone for role, zone in chosen.items()})


def without_room(event_log: Path) -> set[str]:
    """The nodes, by role, that the API had no room for, from the engine's event log."""
    found = set()
    for line in event_log.read_text(encoding="utf-8").splitlines():
        event = json.loads(line).get("diagnosticEvent", {})
        urn = event.get("urn", "")
        if event.get("severity") == "error" and INSTANCE in urn and _FULL.search(event["message"]):
            found.add(urn.rpartition("::")[2])
    return found
