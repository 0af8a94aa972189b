"""Removal: delete resources, users first, with retries within the budget."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from job.cloud.cleanup.api import Api, ApiError
from job.cloud.cleanup.search import Leftover

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 10.0
# An instance cannot be deleted during its creation, which takes about so long.
_PATIENCE_S = 180.0


@dataclass(frozen=True)
class Survivor:
    """A resource that could not be deleted, and why."""

    leftover: Leftover
    why: str

    def __str__(self) -> str:
        return f"{self.leftover}: {self.why}"


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
    return "" if target.owner or target.urn else ", which was not ours and held our network"
