"""Namespace: run commands in the network namespace of the tunnel."""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from host.ending import Ending
from host.processes import MISSING, TIMED_OUT, Answer, DeadlineError, Grace, Program, run

# These commands need no time to clean up.
_GRACE = Grace(first=signal.SIGKILL, soft_s=1, hard_s=1)


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
        """Run a command with a time limit. Raises the reason if the run is told to end.

        A missing command gives 127, a time-out 124.
        """
        with NamedTemporaryFile("w", encoding="utf-8") as given:
            given.write(text)
            given.flush()
            program = Program(
                command=self.inside(*command),
                environment=self.environment,
                standard_input=Path(given.name),
            )
            try:
                return run(program, ending, timeout_s=timeout_s, grace=_GRACE)
            except OSError as error:
                return Answer(code=MISSING, errors=f"{command[0]}: {error.strerror}")
            except DeadlineError:
                why = f"{command[0]}: no end after {timeout_s:.0f} s"
                return Answer(code=TIMED_OUT, errors=why)
