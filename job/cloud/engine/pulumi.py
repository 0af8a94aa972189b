"""Pulumi: run the CLI on a staged stack, and survive what interrupts it."""

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from host.ending import EndedError, Ending
from host.errors import JobError
from host.processes import TIMED_OUT, Child, DeadlineError, Grace, Program, ask
from job.cloud.engine.diagnosis import diagnose
from job.cloud.stack import Stack

# A second signal makes Pulumi drop what it is doing, so the first is given time.
GRACE = Grace(first=signal.SIGINT, soft_s=120, hard_s=15)
ANSWER_S = 300.0


@dataclass(frozen=True)
class Pulumi:
    """The CLI, at work on one stack."""

    cli: Path
    stack: Stack
    events: Path
    """A folder for the engine's event logs: up-01.jsonl, destroy-02.jsonl…"""
    ending: Ending
    """When it asks for an end, the command that runs is ended, and no other begins."""
    grace: Grace = GRACE
    say: Callable[[str], object] | None = None
    """Takes each line that a command prints; None: it goes where the command sent it."""
    ended: Callable[["Pulumi"], object] | None = None
    """Called after each command that `run` started, however it ended."""
    answer_s: float = ANSWER_S
    """What a short command may take; a backend may not answer at all."""

    def event_logs(self, command: str) -> list[Path]:
        """The engine's event logs of one command, one a run, in order."""
        return sorted(self.events.glob(f"{command}-*.jsonl"))

    def run(self, command: str, *arguments: str, timeout_s: float | None = None) -> None:
        """Run a command that changes or compares things, and show what it prints as it comes.

        Raises JobError if it fails.
        """
        colour = "always" if self.say is None and sys.stdout.isatty() else "never"
        printed: list[str] = []

        def keep(line: str, stream: TextIO) -> None:
            printed.append(line)
            if self.say is not None:
                self.say(line)
            else:
                stream.write(line)
                stream.flush()

        self.ending.check()
        self.events.mkdir(parents=True, exist_ok=True)
        log = self.events / f"{command}-{len(self.event_logs(command)) + 1:02}.jsonl"
        program = self._program(command, *arguments, "--color", colour, "--event-log", str(log))
        child = Child(program, partial(keep, stream=sys.stdout), partial(keep, stream=sys.stderr))
        try:
            code = self._wait(child, timeout_s)
        except EndedError as error:
            raise EndedError(
                f"pulumi {command}: {error}; run the job again to go on from here", error.number
            ) from None
        except DeadlineError as error:
            raise DeadlineError(f"pulumi {command}: {error}") from None
        if code < 0:
            killer = signal.Signals(-code).name
            raise JobError(f"pulumi {command}: it was killed ({killer}); run the job again")
        if code:
            raise diagnose(command, "".join(printed))

    def _wait(self, child: Child, timeout_s: float | None) -> int:
        try:
            return child.wait(self.ending, self.grace, timeout_s)
        finally:
            if self.ended is not None:
                self.ended(self)

    def tell(self, text: str) -> None:
        """Say something of our own."""
        (self.say or _print)(f"job: {text}\n")

    def ask(self, command: str, *arguments: str) -> str:
        """Run a command for what it answers on standard output. Raises JobError if it fails."""
        code, answer, errors = self.attempt(command, *arguments)
        if code:
            raise diagnose(command, errors + answer)
        return answer

    def attempt(self, command: str, *arguments: str) -> tuple[int, str, str]:
        """Run a short command that may fail: its exit code, standard output and error."""
        program = self._program(command, *arguments, "--color", "never")
        answer = ask(program, self.ending, timeout_s=self.answer_s, grace=self.grace)
        if answer.code == TIMED_OUT:
            raise DeadlineError(f"pulumi {command}: it did not end within {self.answer_s:.0f} s")
        return answer.code, answer.output, answer.errors

    def _program(self, command: str, *arguments: str) -> Program:
        return Program(
            command=[self.cli, *command.split(), "--non-interactive", *arguments],
            environment={
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                # Without it there is no --event-log.
                "PULUMI_DEBUG_COMMANDS": "true",
                **self.stack.environment,
            },
            folder=self.stack.folder,
        )


def _print(line: str) -> None:
    print(line, end="", flush=True)
