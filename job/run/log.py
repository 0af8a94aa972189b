"""Log: the job's output on the terminal and in job.log."""

import re
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from job.nodes.display import display
from job.nodes.status import State, Subject
from job.redaction.artifacts import Artifacts

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Log:
    """Writes lines to standard output and, without escape codes, to a file. Thread-safe."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._file = artifacts.append("job.log")
        self._lock = threading.Lock()
        self._display = display()

    def say(self, text: str) -> None:
        """Log a message of the job, each line with the time in UTC."""
        now = datetime.now(UTC)
        for line in text.splitlines():
            self.pass_on(f"{now:%H:%M:%S} {line}\n")

    def pass_on(self, line: str) -> None:
        """Log a line of a program's output."""
        plain = _ESCAPES.sub("", line)
        with self._lock:
            # Standard output may be closed; the file still gets the line.
            with suppress(OSError):
                self._display.say((line if sys.stdout.isatty() else plain).removesuffix("\n"))
            self._file.write(plain)

    def show(self, states: Mapping[Subject, State], began: float) -> None:
        """Show the nodes' states, on a terminal only, as a status block."""
        with self._lock, suppress(OSError):
            self._display.show(states, began)

    def close(self) -> None:
        """Erase the status block."""
        with suppress(OSError):
            self._display.close()
        self._file.close()
