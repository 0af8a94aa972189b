"""Processes: start programs, wait for them, and end them with all their children.

Every program runs in a session of its own: a ^C of the terminal reaches only us, and one signal
reaches the whole group. A program is reaped after its group was killed, so that the kernel cannot
reuse its ID before.
"""

import os
import select
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from host.ending import Ending
from host.errors import JobError

MISSING, TIMED_OUT = 127, 124  # as a shell has them

# Time to read the rest of an ended program's pipes, which its children may hold open.
_DRAIN_S = 5
_PROC = Path("/proc")
# Fields of /proc/PID/stat, counted after the command's closing parenthesis.
_STATE_FIELD, _START_FIELD = 0, 19
# The boot time has a resolution of one second.
_ROUNDING_S = 1

Sink = Callable[[str], object] | int
"""A function that gets each line, from a thread; or the descriptor of an output file."""


class DeadlineError(JobError):
    """A program exceeded its time limit and was ended."""


@dataclass(frozen=True, kw_only=True)
class Grace:
    """How a program is ended, and its grace periods in seconds."""

    first: signal.Signals = signal.SIGTERM
    soft_s: float = 30
    """From the first signal to the second."""
    hard_s: float = 15
    """From the second signal to SIGKILL for its whole group."""


_GRACE = Grace()
_SHORT = Grace(soft_s=1, hard_s=1)


@dataclass(frozen=True, kw_only=True)
class Program:
    """A command with its environment."""

    command: Sequence[str | Path]
    environment: Mapping[str, str]
    """The complete environment. Its PATH is searched for the program."""
    folder: str | Path | None = None
    nice: int = 0
    descriptors: tuple[int, ...] = ()
    """Open files that it gets beside the standard ones, under the same numbers."""
    standard_input: Path = Path(os.devnull)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Exit status and output of a program."""

    code: int
    output: str = ""
    errors: str = ""

    @property
    def complaint(self) -> str:
        """The last line of its error output, else its exit status."""
        return self._last_line or f"exit {self.code}"

    @property
    def reason(self) -> str:
        """The last line of its error output, and its exit status."""
        return f"{self._last_line or 'no message'} (exit {self.code})"

    @property
    def _last_line(self) -> str:
        lines = [line.strip() for line in (self.errors or self.output).splitlines()]
        return next(filter(None, reversed(lines)), "")


def run(
    program: Program, ending: Ending | None = None, *, timeout_s: float, grace: Grace = _SHORT
) -> Answer:
    """Run a short program and return its answer.

    Raises OSError if it does not start, DeadlineError, or the reason if the run is told to end.
    """
    output: list[str] = []
    errors: list[str] = []
    code = Child(program, output.append, errors.append).wait(ending, grace, timeout_s)
    return Answer(code=code, output="".join(output), errors="".join(errors))


def ask(
    program: Program, ending: Ending | None = None, *, timeout_s: float, grace: Grace = _SHORT
) -> Answer:
    """Run a short program. A missing program gives 127, a time-out 124.

    Raises the reason if the run is told to end.
    """
    try:
        return run(program, ending, timeout_s=timeout_s, grace=grace)
    except OSError as error:
        name = program.command[0]
        found = shutil.which(name, path=program.environment.get("PATH"))
        why = error.strerror if found else "it is not installed"
        return Answer(code=MISSING, errors=f"{name}: {why}")
    except DeadlineError:
        return Answer(code=TIMED_OUT, errors=f"no answer after {timeout_s:.0f} s")


class Child:
    """A running program. The caller must wait for it, end it or kill it."""

    def __init__(self, program: Program, out: Sink, err: Sink = subprocess.STDOUT) -> None:
        with program.standard_input.open("rb") as source:
            self._process = start(
                program,
                stdin=source.fileno(),
                stdout=out if isinstance(out, int) else subprocess.PIPE,
                stderr=err if isinstance(err, int) else subprocess.PIPE,
            )
        self._ended = os.pidfd_open(self._process.pid)
        pipes = [(self._process.stdout, out), (self._process.stderr, err)]
        self._pumps = [
            threading.Thread(target=_pump, args=(pipe, sink), daemon=True)
            for pipe, sink in pipes
            if pipe is not None
        ]
        for pump in self._pumps:
            pump.start()

    @property
    def pid(self) -> int:
        """Process ID, which is also that of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        return not self.ends_within(0)

    def ends_within(self, seconds: float | None) -> bool:
        """Wait up to a time, or for ever. Return whether it has ended."""
        if self._process.returncode is not None:
            return True
        return bool(select.select([self._ended], [], [], seconds)[0])

    def wait(
        self, ending: Ending | None = None, grace: Grace = _GRACE, timeout_s: float | None = None
    ) -> int:
        """Wait and return the exit status, negative for a signal.

        Raises the reason if the run is told to end, or DeadlineError. The program is ended first.
        """
        try:
            in_time = (
                ending.wait_for([self._ended], timeout_s) if ending else self.ends_within(timeout_s)
            )
        except BaseException:
            self.end(grace)
            raise
        if not in_time:
            self.end(grace)
            raise DeadlineError(f"it did not end within {timeout_s:.0f} s")
        return self.kill()

    def end(self, grace: Grace = _GRACE) -> int:
        """Signal it, signal it again, then kill its group. Return the exit status."""
        for patience_s in (grace.soft_s, grace.hard_s):
            if self.running:
                os.kill(self._process.pid, grace.first)
                self.ends_within(patience_s)
        return self.kill()

    def kill(self) -> int:
        """Kill its group and reap it. Return the exit status."""
        if self._process.returncode is None:
            kill_group(self._process.pid)
            self._process.wait()
            for pump in self._pumps:
                pump.join(_DRAIN_S)
            os.close(self._ended)
        return self._process.returncode


def start(program: Program, *, stdin: int, stdout: int, stderr: int) -> subprocess.Popen[bytes]:
    """Start a program for a caller that needs its pipes and reaps it. Others use Child."""
    niceness = ["nice", "-n", str(program.nice)] if program.nice else []
    return subprocess.Popen(
        [*niceness, *program.command],
        cwd=program.folder,
        env=program.environment,
        start_new_session=True,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=program.descriptors,
    )


def kill_group(group: int) -> None:
    """Kill a program that is not reaped yet, and its children."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _pump(source: IO[bytes], target: Callable[[str], object]) -> None:
    with TextIOWrapper(source, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            target(line)


def alive(pid: int, *, written_at: float) -> bool:
    """Tell whether process `pid` runs and is older than what it wrote (seconds since the epoch)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # It runs as another user.
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        booted = (_PROC / "stat").read_text(encoding="utf-8").partition("\nbtime ")[2].split()[0]
    except (OSError, IndexError):
        return True  # /proc is not readable here.
    if fields[_STATE_FIELD] == "Z":
        return False
    started = int(booted) + int(fields[_START_FIELD]) / os.sysconf("SC_CLK_TCK")
    return started <= written_at + _ROUNDING_S
