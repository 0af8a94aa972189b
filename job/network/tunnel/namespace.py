"""Namespace: the network namespace in which the tunnel and its checks run."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

# How often a command that runs looks whether it is still wanted.
_LOOK_S = 0.1
_MISSING, _TIMED_OUT = 127, 124


@dataclass(frozen=True)
class Answer:
    """How a command ended; a shell's codes say that it is missing or took too long."""

    code: int
    output: str
    errors: str

    @property
    def complaint(self) -> str:
        """What it said last, for a message of one line."""
        lines = (self.errors or self.output).split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no message")


@dataclass(frozen=True, kw_only=True)
class Namespace:
    """Commands run in the namespace at `path`, or where the job itself runs."""

    path: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def inside(self, *command: str) -> list[str]:
        """The command line that runs a command there."""
        if self.path is None:
            return list(command)
        return ["nsenter", f"--net={self.path}", "--", *command]

    def run(
        self, *command: str, timeout_s: float = 20, text: str = "", stop: Event | None = None
    ) -> Answer:
        """Run a command to its end, its time or `stop`, whichever comes first."""
        try:
            process = subprocess.Popen(
                self.inside(*command),
                encoding="utf-8",
                env=self.environment,
                errors="replace",
                # What stops the job must not reach its commands first.
                start_new_session=True,
                stderr=subprocess.PIPE,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError as error:
            return Answer(_MISSING, "", f"{command[0]}: {error.strerror}")
        deadline = time.monotonic() + timeout_s
        given = text or None
        with process:
            while True:
                try:
                    output, errors = process.communicate(given, timeout=_LOOK_S)
                except subprocess.TimeoutExpired:
                    given = None  # It is kept, and may be given once only.
                    if time.monotonic() < deadline and not (stop and stop.is_set()):
                        continue
                    os.killpg(process.pid, signal.SIGKILL)
                    process.communicate()
                    return Answer(_TIMED_OUT, "", f"{command[0]}: no end after {timeout_s:.0f} s")
                return Answer(process.returncode, output, errors)
