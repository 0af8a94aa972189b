"""Program: the answer of one that is asked for something and may not take long over it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from host.child import Child, DeadlineError, Grace, Program
from host.ending import Ending

MISSING, TIMED_OUT = 127, 124  # as a shell has them
_GRACE = Grace(soft_s=1, hard_s=1)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How it ended, and what it said."""

    code: int
    output: str = ""
    errors: str = ""

    @property
    def complaint(self) -> str:
        """The last line that it said of what went wrong."""
        lines = [line.strip() for line in (self.errors or self.output).splitlines()]
        return next(filter(None, reversed(lines)), f"exit {self.code}")


def ask(
    command: list[str], environ: Mapping[str, str], ending: Ending, *, timeout_s: float
) -> Answer:
    """Run it to its end or its time. Raises the reason if the run is to end meanwhile."""
    if not shutil.which(command[0], path=environ.get("PATH")):
        return Answer(code=MISSING, errors=f"{command[0]}: it is not installed")
    output: list[str] = []
    errors: list[str] = []
    child = Child(Program(command=command, environment=environ), output.append, errors.append)
    try:
        code = child.wait(ending, _GRACE, timeout_s)
    except DeadlineError:
        return Answer(code=TIMED_OUT, errors=f"no answer after {timeout_s:.0f} s")
    return Answer(code=code, output="".join(output), errors="".join(errors))
