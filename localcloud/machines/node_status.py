"""Node status: what a simulated node answers to `devstack-status` (docs/readiness.md)."""

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
    """What a node does from a time after its boot on."""

    after_s: float
    name: str
    detail: str = ""


@dataclass(frozen=True)
class Course:
    """How a simulated node fares: its verdict comes after a time, `failed` if there is an error."""

    verdict_after_s: float = 0.0
    error: str = ""
    error_class: str = "configuration"
    stages: Sequence[Stage] = (Stage(0.0, "stack.sh"),)
    silent_after_s: float = inf
    """When ssh, which goes on to accept connections, stops to answer."""
    reboot_after_s: float = inf


@dataclass
class NodeStatus:
    """The course that one node takes, from its boot on."""

    role: str
    course: Course
    clock: Callable[[], float] = time.time
    _boot_ids: tuple[str, str] = field(default_factory=lambda: (str(uuid4()), str(uuid4())))

    def __post_init__(self) -> None:
        self._booted = self.clock()

    @property
    def age_s(self) -> float:
        """How long ago it booted for the first time."""
        return self.clock() - self._booted

    @property
    def boot_id(self) -> str:
        """Another one after the reboot."""
        return self._boot_ids[self.age_s >= self.course.reboot_after_s]

    def look(self, subject: str = "node") -> State:
        """Give the state as `devstack-status show` prints it."""
        course, age_s = self.course, self.age_s
        stage = [each for each in course.stages if each.after_s <= age_s][-1]
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
        """Give the controller's view of its worker, which may not be there yet."""
        mine = self.look("worker")
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
    """Give the exit code that belongs to a state."""
    return _EXIT[str(state["verdict"])]


def line(state: State) -> str:
    """Write a state as the one line of standard output."""
    return json.dumps(state)


def parse(arguments: list[str], role: str) -> argparse.Namespace:
    """Read the command line: command, subject, timeout. Raises UsageError."""
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
    """Arguments that `devstack-status` does not take."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise, since a server must not exit."""
        raise UsageError(f"devstack-status: {message}")
