"""Processes: start programs, wait for them, and end them with all that they started.

Every program runs in a session of its own: a ^C of the terminal goes to us alone, and one signal
reaches the whole group. A program that has ended is not reaped before its group is killed, so
that its id cannot be somebody else's by then.
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

# For what is still in the pipes of a program that has ended; its own children may hold them open.
_DRAIN_S = 5
_PROC = Path("/proc")
# Fields of /proc/PID/stat, counted from behind the command's closing parenthesis.
_STATE_FIELD, _START_FIELD = 0, 19
# The time of the boot is in whole seconds.
_ROUNDING_S = 1

Sink = Callable[[str], object] | int
"""Takes each line, from a thread; or is the descriptor of a file that the program writes to."""


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


_GRACE = Grace()
_SHORT = Grace(soft_s=1, hard_s=1)


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, and how."""

    command: Sequence[str | Path]
    environment: Mapping[str, str]
    """All of it; its PATH is where the program is looked for."""
    folder: str | Path | None = None
    nice: int = 0
    standard_input: Path = Path(os.devnull)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a program ended, and what it said."""

    code: int
    output: str = ""
    errors: str = ""

    @property
    def complaint(self) -> str:
        """The last line that it said of what went wrong."""
        lines = [line.strip() for line in (self.errors or self.output).splitlines()]
        return next(filter(None, reversed(lines)), f"exit {self.code}")


def ask(
    program: Program, ending: Ending | None = None, *, timeout_s: float, grace: Grace = _SHORT
) -> Answer:
    """Run a short program for its answer, which has a shell's code if it is missing or late.

    Raises the reason if the run is to end meanwhile.
    """
    output: list[str] = []
    errors: list[str] = []
    try:
        child = Child(program, output.append, errors.append)
    except OSError as error:
        name = program.command[0]
        found = shutil.which(name, path=program.environment.get("PATH"))
        why = error.strerror if found else "it is not installed"
        return Answer(code=MISSING, errors=f"{name}: {why}")
    try:
        code = child.wait(ending, grace, timeout_s)
    except DeadlineError:
        return Answer(code=TIMED_OUT, errors=f"no answer after {timeout_s:.0f} s")
    return Answer(code=code, output="".join(output), errors="".join(errors))


class Child:
    """A running program. Whoever starts it waits for it, ends it or kills it."""

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
        """Its process id, and that of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self.ends_within(0)

    def ends_within(self, seconds: float | None) -> bool:
        """Wait so long, or for ever; whether it has ended."""
        if self._process.returncode is not None:
            return True
        return bool(select.select([self._ended], [], [], seconds)[0])

    def wait(
        self, ending: Ending | None = None, grace: Grace = _GRACE, timeout_s: float | None = None
    ) -> int:
        """Its exit code, negative for a signal's.

        When the run ends or the time passes, the program is ended first, then the reason raised:
        that of the run, or DeadlineError.
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
        """End it: once gently, once more, then with all that it started. Its exit code."""
        for patience_s in (grace.soft_s, grace.hard_s):
            if self.running:
                os.kill(self._process.pid, grace.first)
                self.ends_within(patience_s)
        return self.kill()

    def kill(self) -> int:
        """Kill what is left of it and of all that it started, and reap it. Its exit code."""
        if self._process.returncode is None:
            kill_group(self._process.pid)
            self._process.wait()
            for pump in self._pumps:
                pump.join(_DRAIN_S)
            os.close(self._ended)
        return self._process.returncode


def start(program: Program, *, stdin: int, stdout: int, stderr: int) -> subprocess.Popen[bytes]:
    """Start a program, for one who needs its very pipes and reaps it; a Child does the rest."""
    niceness = ["nice", "-n", str(program.nice)] if program.nice else []
    return subprocess.Popen(
        [*niceness, *program.command],
        cwd=program.folder,
        env=program.environment,
        start_new_session=True,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )


def kill_group(group: int) -> None:
    """Kill a program that was not reaped yet, and what it started."""
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
        pass  # It runs, as somebody else.
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        booted = (_PROC / "stat").read_text(encoding="utf-8").partition("\nbtime ")[2].split()[0]
    except (OSError, IndexError):
        return True  # A system that does not tell more.
    if fields[_STATE_FIELD] == "Z":
        return False
    started = int(booted) + int(fields[_START_FIELD]) / os.sysconf("SC_CLK_TCK")
    return started <= written_at + _ROUNDING_S
