"""Log: what a person follows while the job runs, and finds as job.log afterwards."""

import re
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from job.nodes.display import Lines, Live
from job.nodes.status import State, Subject
from job.redaction.artifacts import Artifacts

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Log:
    """Lines on standard output and in a file, where they have no escape codes. For all threads."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._file = artifacts.append("job.log")
        self._lock = threading.Lock()
        self._display = Live(sys.stdout) if sys.stdout.isatty() else Lines(sys.stdout)

    def say(self, text: str) -> None:
        """Say something of the job's own; each line gets the time, UTC."""
        now = datetime.now(UTC)
        for line in text.splitlines():
            self.pass_on(f"{now:%H:%M:%S} {line}\n")

    def pass_on(self, line: str) -> None:
        """Take over a line of a program."""
        plain = _ESCAPES.sub("", line)
        with self._lock:
            # Where nobody reads it any more, the file still has it.
            with suppress(OSError):
                self._display.say((line if sys.stdout.isatty() else plain).removesuffix("\n"))
            self._file.write(plain)

    def show(self, states: Mapping[Subject, State], began: float) -> None:
        """Where the nodes are now: on a terminal, below everything else."""
        with self._lock, suppress(OSError):
            self._display.show(states, began)

    def close(self) -> None:
        """Leave only lines behind."""
        with suppress(OSError):
            self._display.close()
        self._file.close()
