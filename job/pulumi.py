"""Pulumi: run the CLI on a staged stack, and survive what interrupts it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from job.diagnosis import diagnose
from job.errors import JobError
from job.stack import Stack

# How long Pulumi may take to end after a signal, before it is told again and at last killed.
_GRACE_S = 120
_HARD_S = 15


class InterruptedJobError(JobError):
    """A signal ended the command; the exit code says which, as a shell would."""

    def __init__(self, command: str, number: int) -> None:
        name = signal.Signals(number).name
        super().__init__(f"pulumi {command}: ended by {name}; run the job again to go on from here")
        self.exit_code = 128 + number


@dataclass(frozen=True)
class Pulumi:
    """The CLI, at work on one stack."""

    cli: Path
    stack: Stack

    def run(self, command: str, *arguments: str) -> None:
        """Run a command and show what it prints as it comes. Raises JobError if it fails."""
        colour = "always" if sys.stdout.isatty() else "never"
        printed: list[str] = []
        process = self._start(command, *arguments, "--color", colour)
        with process, _forwarded_signals(process) as received:
            pumps = [
                threading.Thread(target=_pump, args=(source, target, printed))
                for source, target in ((process.stdout, sys.stdout), (process.stderr, sys.stderr))
            ]
            for pump in pumps:
                pump.start()
            process.wait()
            for pump in pumps:
                pump.join()
        if received:
            raise InterruptedJobError(command, received[0])
        if process.returncode < 0:
            killer = signal.Signals(-process.returncode).name
            raise JobError(f"pulumi {command}: it was killed ({killer}); run the job again")
        if process.returncode:
            raise diagnose(command, "".join(printed))

    def ask(self, command: str, *arguments: str) -> str:
        """Run a command for what it answers on standard output. Raises JobError if it fails."""
        code, answer, errors = self.attempt(command, *arguments)
        if code:
            raise diagnose(command, errors + answer)
        return answer

    def attempt(self, command: str, *arguments: str) -> tuple[int, str, str]:
        """Run a short command that may fail: its exit code, standard output and error."""
        process = self._start(command, *arguments, "--color", "never")
        answer, errors = process.communicate()
        return process.returncode, answer, errors

    def _start(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.cli, *command.split(), "--non-interactive", *arguments],
            cwd=self.stack.folder,
            encoding="utf-8",
            env={"PULUMI_SKIP_UPDATE_CHECK": "true", **self.stack.environment},
            errors="replace",
            # A ^C of the terminal goes to the job alone, which passes it on once.
            start_new_session=True,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )


def _pump(source: IO[str], target: IO[str], printed: list[str]) -> None:
    """Show each line at once, and remember it."""
    for line in source:
        printed.append(line)
        target.write(line)
        target.flush()


@contextmanager
def _forwarded_signals(process: subprocess.Popen[str]) -> Iterator[list[int]]:
    """Pass on the first signal only, for a second one makes Pulumi drop what it is doing.

    Gives the signals that came. If the process does not end in time, it is told again, then killed.
    """
    received: list[int] = []
    timers = [
        threading.Timer(_GRACE_S, process.send_signal, [signal.SIGINT]),
        threading.Timer(_GRACE_S + _HARD_S, _kill, [process]),
    ]

    def forward(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) == 1:
            process.send_signal(signal.SIGINT)
            for timer in timers:
                timer.daemon = True
                timer.start()

    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for timer in timers:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def _kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
