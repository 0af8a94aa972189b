"""Removal: delete resources, users first, with retries within the budget.

`sweep` deletes all leftovers of stacks. `remove_strays` deletes those that are missing in a stack's
state. Interrupted runs leave them: a cancelled provider forgets its requests, but Compute Engine
still completes them.
"""

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from host.errors import JobError
from job.cloud.cleanup.api import Api, ApiError
from job.cloud.cleanup.budget import Budget
from job.cloud.cleanup.marks import Scope, scope_of
from job.cloud.cleanup.search import Leftover, holders, leftovers, removable
from job.cloud.engine.pulumi import Pulumi
from job.cloud.place import place_of

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 10.0
# The second search finds resources whose creation was under way during the first; the third finds
# the disks that those leave.
_LOOKS = 3
# An instance cannot be deleted during its creation, which takes about so long.
_PATIENCE_S = 180.0


@dataclass(frozen=True)
class Survivor:
    """A resource that could not be deleted, and why."""

    leftover: Leftover
    why: str

    def __str__(self) -> str:
        return f"{self.leftover}: {self.why}"


def sweep(
    api: Api, scope: Scope, also: Iterable[Leftover] = (), *, even_kept: bool = False
) -> list[Survivor]:
    """Delete the leftovers of the stacks in scope, and `also` these. Return those that stay.

    Stacks kept for debugging are spared unless `even_kept`. Raises JobError.
    """
    known = {each.path: each for each in also}
    for _ in range(_LOOKS):
        found = removable(leftovers(api, scope), even_kept=even_kept)
        # Prefer the entries from the state, which have URNs.
        targets = list({**{each.path: each for each in found}, **known}.values())
        targets += holders(api, targets)
        if not targets:
            break
        survivors = remove(api, targets)
        if survivors:
            return survivors
        known = {}
    return []


def remove_strays(pulumi: Pulumi, known_ids: Collection[str], budget_s: float) -> None:
    """Delete the strays, printing a line for each. Raises JobError if one stays."""
    api = Api(place_of(pulumi.stack), Budget(budget_s, pulumi.ending), pulumi.tell)
    # During an instance's creation, its disk exists before it is attached.
    disks = {path.replace("/instances/", "/disks/") for path in known_ids}
    known = disks.union(known_ids)
    found = leftovers(api, scope_of(pulumi.stack))
    survivors = remove(api, [each for each in found if each.path not in known])
    if survivors:
        raise JobError(f"strays: left over: {'; '.join(map(str, survivors))}")


def remove(api: Api, targets: Sequence[Leftover]) -> list[Survivor]:
    """Delete resources, printing a line for each. Return those that stay. Never stops early."""
    ahead, hopeless = list(targets), []
    pause, progress = _FIRST_PAUSE_S, time.monotonic()
    while True:
        failures = _round(api, ahead)
        if len(failures) < len(ahead):
            pause, progress = _FIRST_PAUSE_S, time.monotonic()
        hopeless += [each for each in failures.items() if not each[1].passing]
        ahead = [target for target, error in failures.items() if error.passing]
        out_of_patience = time.monotonic() - progress > _PATIENCE_S
        if not ahead or out_of_patience or not api.budget.left_s:
            break
        api.budget.pause(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
    left = hopeless + [(target, failures[target]) for target in ahead]
    return [Survivor(target, str(error)) for target, error in left]


def _round(api: Api, targets: Iterable[Leftover]) -> dict[Leftover, ApiError]:
    """Try each resource once, stage by stage, in parallel within a stage. Return the failures."""
    failures: dict[Leftover, ApiError] = {}
    by_stage = sorted(targets, key=lambda target: target.kind.stage)
    for _, stage in groupby(by_stage, key=lambda target: target.kind.stage):
        begun = {}
        for target in stage:
            try:
                begun[target] = api.delete(target.kind, target.path)
            except ApiError as error:
                failures[target] = error
        for target, operation in begun.items():
            try:
                if operation is not None:
                    api.finish(operation)
            except ApiError as error:
                failures[target] = error
            else:
                api.say(f"deleted {target}{_note(target)}")
    return failures


def _note(target: Leftover) -> str:
    return ", which was not ours and held our network" if target.is_foreign else ""
