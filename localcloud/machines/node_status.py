"""Node status: a simulated node's answers to `devstack-status` (docs/readiness.md).

The state follows from the node's age and its course alone, so a test decides it in advance and
nothing runs in between. Arguments that the real command refuses are refused here, too.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import NamedTuple, NoReturn
from uuid import uuid4

EXIT_USAGE = 2
EXIT_DEADLINE = 4
State = dict[str, str | int]

_EXIT = {"ready": 0, "failed": 1, "pending": 3}


class Stage(NamedTuple):
    """A stage that a node has from `after_s` seconds after its boot on."""

    after_s: float
    name: str
    detail: str = ""


@dataclass(frozen=True)
class Course:
    """The fate of a simulated node: its stages, and the time of its verdict.

    The verdict is `failed` with an `error`, otherwise `ready`.
    """

    verdict_after_s: float = 0.0
    error: str = ""
    error_class: str = "configuration"
    stages: Sequence[Stage] = (Stage(0.0, "stack.sh"),)
    silent_after_s: float = inf
    """From then on ssh accepts connections but does not answer, as on a machine that hangs."""
    reboot_after_s: float = inf


@dataclass
class NodeStatus:
    """One node with its course, from its boot on."""

    role: str
    course: Course
    clock: Callable[[], float] = time.time
    _boot_ids: tuple[str, str] = field(default_factory=lambda: (str(uuid4()), str(uuid4())))

    def __post_init__(self) -> None:
        self._booted = self.clock()

    @property
    def age_s(self) -> float:
        """Seconds since the first boot."""
        return self.clock() - self._booted

    @property
    def boot_id(self) -> str:
        """Boot ID of the kernel, which is another one after the reboot."""
        return self._boot_ids[self.age_s >= self.course.reboot_after_s]

    def look(self, subject: str = "node") -> State:
        """Return the state as `devstack-status show` prints it."""
        course, age_s = self.course, self.age_s
        stage = [each for each in course.stages if each.after_s <= age_s][-1]
        # A reboot during the build fails a node for good: DevStack cannot go on where it was.
        if course.reboot_after_s <= min(age_s, course.verdict_after_s):
            error = f"rebooted during '{stage.name}'; replace the instance"
            return self._state(subject, stage, stage.after_s, "failed", error, "interrupted")
        if age_s < course.verdict_after_s:
            return self._state(subject, stage, stage.after_s, "pending")
        if course.error:
            told = course.error, course.error_class
            return self._state(subject, stage, course.verdict_after_s, "failed", *told)
        return self._state(subject, Stage(0.0, "ready"), course.verdict_after_s, "ready")

    def _state(  # noqa: PLR0913, PLR0917 - the answer's own fields
        self,
        subject: str,
        stage: Stage,
        since_s: float,
        verdict: str,
        error: str = "",
        error_class: str = "",
    ) -> State:
        since = datetime.fromtimestamp(self._booted + since_s, UTC)
        return {
            "schema": 1,
            "node": self.role,
            "subject": subject,
            "stage": stage.name,
            "since": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "verdict": verdict,
            "error": error,
            "class": error_class,
            "boot_id": self.boot_id,
            "detail": stage.detail,
        }

    def registration(self, worker: "NodeStatus | None") -> State:
        """Return the controller's view of its worker. None: there is no worker yet."""
        mine = self.look("worker")
        # A controller that failed registers nobody, however the worker is.
        if mine["verdict"] == "failed":
            return {**mine, "error": f"controller: {mine['error']}"}
        waiting = {**mine, "verdict": "pending", "detail": ""}
        if mine["verdict"] == "pending":
            return {**waiting, "stage": "waiting for the controller"}
        theirs = None if worker is None else worker.look("worker")
        if theirs is None or theirs["verdict"] == "pending":
            return {**waiting, "stage": "waiting for the worker"}
        stage = "registered" if theirs["verdict"] == "ready" else theirs["stage"]
        return {**theirs, "node": self.role, "stage": stage, "boot_id": self.boot_id}


def exit_code(state: State) -> int:
    """Return the exit code of `devstack-status show` for a state."""
    return _EXIT[str(state["verdict"])]


def line(state: State) -> str:
    """Return a state as the one line of standard output."""
    return json.dumps(state)


def parse(arguments: list[str], role: str) -> argparse.Namespace:
    """Return command, subject and timeout (seconds) of a command line. Raises UsageError."""
    parser = _Parser(prog="devstack-status", add_help=False)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("show", "wait", "follow"):
        command = commands.add_parser(name, add_help=False)
        command.add_argument("--for", dest="subject", choices=("node", "worker"), default="node")
        if name == "wait":
            command.add_argument("--timeout", type=float, required=True)
        else:
            command.set_defaults(timeout=0.0 if name == "show" else float("inf"))
    options = parser.parse_args(arguments)
    if options.subject == "worker" and role != "controller":
        raise UsageError("only the controller knows of the worker's registration")
    return options


class UsageError(ValueError):
    """Arguments that `devstack-status` refuses."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting, which would end the server of all nodes."""
        raise UsageError(f"devstack-status: {message}")
