"""Pulumi: run the CLI on a staged stack, with graceful interruption."""

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

# At a second signal Pulumi aborts pending operations, so wait long after the first.
GRACE = Grace(first=signal.SIGINT, soft_s=120, hard_s=15)
ANSWER_S = 300.0


@dataclass(frozen=True)
class Pulumi:
    """The CLI for one stack."""

    cli: Path
    stack: Stack
    events: Path
    """A folder for the engine's event logs: up-01.jsonl, destroy-02.jsonl…"""
    ending: Ending
    """Ends the running command, and prevents further ones."""
    grace: Grace = GRACE
    say: Callable[[str], object] | None = None
    """Gets each line of output; None: lines go to standard output and error."""
    ended: Callable[["Pulumi"], object] | None = None
    """Called after each `run`, even a failed one."""
    answer_s: float = ANSWER_S
    """Time limit of a short command, since a backend may not answer."""

    def event_logs(self, command: str) -> list[Path]:
        """Return the event logs of one command, in order of its runs."""
        return sorted(self.events.glob(f"{command}-*.jsonl"))

    def run(self, command: str, *arguments: str, timeout_s: float | None = None) -> None:
        """Run a long command and show its output as it comes. Raises JobError."""
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
        """Print a line of the job."""
        (self.say or _print)(f"job: {text}\n")

    def ask(self, command: str, *arguments: str) -> str:
        """Run a short command and return its standard output. Raises JobError."""
        code, answer, errors = self.attempt(command, *arguments)
        if code:
            raise diagnose(command, errors + answer)
        return answer

    def attempt(self, command: str, *arguments: str) -> tuple[int, str, str]:
        """Run a short command that may fail, and return its answer."""
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
                # Required by --event-log.
                "PULUMI_DEBUG_COMMANDS": "true",
                **self.stack.environment,
            },
            folder=self.stack.folder,
        )


def _print(line: str) -> None:
    print(line, end="", flush=True)
