"""Namespace: run commands in the network namespace of the tunnel."""

import os
import signal
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from host.ending import Ending
from host.processes import Child, DeadlineError, Grace, Program

# These commands need no time to clean up.
_GRACE = Grace(first=signal.SIGKILL, soft_s=1, hard_s=1)
_MISSING, _TIMED_OUT = 127, 124


@dataclass(frozen=True)
class Answer:
    """Exit status and output of a command. 127: it is missing; 124: it timed out."""

    code: int
    output: str
    errors: str

    @property
    def complaint(self) -> str:
        """The last line of its output."""
        lines = (self.errors or self.output).split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no message")


@dataclass(frozen=True, kw_only=True)
class Namespace:
    """The namespace at `path`, or the job's own."""

    path: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def inside(self, *command: str) -> list[str]:
        """Return the command line that runs a command there."""
        if self.path is None:
            return list(command)
        return ["nsenter", f"--net={self.path}", "--", *command]

    def run(
        self, *command: str, timeout_s: float = 20, text: str = "", ending: Ending | None = None
    ) -> Answer:
        """Run a command with a time limit. Raises the reason if the run is told to end."""
        output: list[str] = []
        errors: list[str] = []
        with NamedTemporaryFile("w", encoding="utf-8") as given, closing(Ending()) as never:
            given.write(text)
            given.flush()
            program = Program(
                command=self.inside(*command),
                environment=self.environment,
                standard_input=Path(given.name),
            )
            try:
                child = Child(program, output.append, errors.append)
                code = child.wait(ending or never, _GRACE, timeout_s)
            except OSError as error:
                return Answer(_MISSING, "", f"{command[0]}: {error.strerror}")
            except DeadlineError:
                return Answer(_TIMED_OUT, "", f"{command[0]}: no end after {timeout_s:.0f} s")
        return Answer(code, "".join(output), "".join(errors))
