"""Node status: what a simulated node answers to `devstack-status` (docs/readiness.md)."""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn
from uuid import uuid4

EXIT_USAGE = 2
EXIT_DEADLINE = 4
_EXIT = {"ready": 0, "failed": 1, "pending": 3}


@dataclass(frozen=True)
class Course:
    """How a simulated node fares: its verdict comes after a time, `failed` if there is an error."""

    verdict_after_s: float = 0.0
    error: str = ""


@dataclass
class NodeStatus:
    """The course that one node takes, from its boot on."""

    role: str
    course: Course
    boot_id: str = field(default_factory=lambda: str(uuid4()))
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self._booted = self.clock()

    def look(self, subject: str = "node") -> dict[str, str | int]:
        """Give the state as `devstack-status show` prints it."""
        decided = self._booted + self.course.verdict_after_s
        verdict, stage, since = "pending", "stack.sh", self._booted
        if self.clock() >= decided:
            verdict = "failed" if self.course.error else "ready"
            stage, since = "stack.sh" if self.course.error else "done", decided
        return {
            "schema": 1,
            "node": self.role,
            "subject": subject,
            "stage": stage,
            "since": datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "verdict": verdict,
            "error": self.course.error if verdict == "failed" else "",
            "boot_id": self.boot_id,
        }

    def registration(self, worker: "NodeStatus | None") -> dict[str, str | int]:
        """Give the controller's view of its worker, which may not be there yet."""
        mine = self.look("worker")
        if mine["verdict"] == "failed":
            return {**mine, "error": f"controller: {mine['error']}"}
        if mine["verdict"] == "pending":
            return {**mine, "stage": "waiting for the controller"}
        if worker is None:
            return {**mine, "verdict": "pending", "stage": "waiting for the worker"}
        return {**worker.look("worker"), "node": self.role, "boot_id": self.boot_id}


def exit_code(state: dict[str, str | int]) -> int:
    """Give the exit code that belongs to a state."""
    return _EXIT[str(state["verdict"])]


def line(state: dict[str, str | int]) -> str:
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
