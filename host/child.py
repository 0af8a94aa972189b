"""Child: a program that the job runs, in a session of its own so that nobody else ends it."""

import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from host.ending import Ending
from host.errors import JobError

# For what is still in the pipes of a program that has ended; its own children may hold them open.
_DRAIN_S = 5


class DeadlineError(JobError):
    """A program did not end in time; it has been ended."""


@dataclass(frozen=True, kw_only=True)
class Grace:
    """What a program may take to end, seconds."""

    first: signal.Signals = signal.SIGTERM
    soft_s: float = 30
    """After the first signal, until it is told again."""
    hard_s: float = 15
    """After the second one, until it is killed with all that it started."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, and how."""

    command: Sequence[str | Path]
    environment: Mapping[str, str]
    """All of it; its PATH is where the program is looked for."""
    folder: Path | None = None
    nice: int = 0
    standard_input: Path = Path(os.devnull)


class Child:
    """A running program. `out` and `err` are called for each line, from threads."""

    def __init__(
        self,
        program: Program,
        out: Callable[[str], object],
        err: Callable[[str], object] | None = None,
    ) -> None:
        niceness = ["nice", "-n", str(program.nice)] if program.nice else []
        with program.standard_input.open("rb") as source:
            self._process = subprocess.Popen(
                [*niceness, *program.command],
                cwd=program.folder,
                encoding="utf-8",
                env=program.environment,
                errors="replace",
                # A ^C of the terminal goes to the job alone, which passes it on once.
                start_new_session=True,
                stderr=subprocess.STDOUT if err is None else subprocess.PIPE,
                stdin=source,
                stdout=subprocess.PIPE,
            )
        self._ended = os.pidfd_open(self._process.pid)
        sources = [(self._process.stdout, out), (self._process.stderr, err)]
        self._pumps = [
            threading.Thread(target=_pump, args=(source, target), daemon=True)
            for source, target in sources
            if source is not None
        ]
        for pump in self._pumps:
            pump.start()

    @property
    def pid(self) -> int:
        """Its process id, and that of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._has_ended(0)

    def fileno(self) -> int:
        """A descriptor that is readable once it has ended."""
        return self._ended

    def wait(self, ending: Ending, grace: Grace, timeout_s: float | None = None) -> int:
        """Its exit code, negative for a signal's.

        When the run ends or the time passes, the program is ended first, then the reason raised:
        that of the run, or DeadlineError.
        """
        try:
            in_time = ending.wait_for([self._ended], timeout_s)
        except BaseException:
            self.end(grace)
            raise
        if not in_time:
            self.end(grace)
            raise DeadlineError(f"it did not end within {timeout_s:.0f} s")
        return self._close()

    def end(self, grace: Grace) -> int:
        """End it: once gently, once more, then with all that it started. Its exit code."""
        for patience_s in (grace.soft_s, grace.hard_s):
            self._process.send_signal(grace.first)
            if self._has_ended(patience_s):
                break
        return self._close()

    def _has_ended(self, patience_s: float) -> bool:
        # It is not reaped yet: its id stays that of its group.
        return bool(select.select([self._ended], [], [], patience_s)[0])

    def _close(self) -> int:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        for pump in self._pumps:
            pump.join(_DRAIN_S)
        os.close(self._ended)
        return code


def _pump(source: IO[str], target: Callable[[str], object]) -> None:
    with source:
        for line in source:
            target(line)
