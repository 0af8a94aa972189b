"""Removal: delete what was found, users first, as often as it takes within the budget."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from job.cloud.cleanup.api import Api, ApiError
from job.cloud.cleanup.search import Leftover

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 10.0
# An instance that is just being created cannot be deleted for about so long.
_PATIENCE_S = 180.0


@dataclass(frozen=True)
class Survivor:
    """What could not be deleted, and why."""

    leftover: Leftover
    why: str

    def __str__(self) -> str:
        return f"{self.leftover}: {self.why}"


def remove(api: Api, targets: Sequence[Leftover]) -> list[Survivor]:
    """Delete all, with a line each; who is left. One that stays does not keep the others."""
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
    """Try each once, all of a stage together; what did not go, and why."""
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
