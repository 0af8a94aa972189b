"""Log: what a person follows while the job runs, and finds as job.log afterwards."""

import re
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Log:
    """Lines on standard output and in a file, where they have no escape codes. For all threads."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

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
            try:
                sys.stdout.write(line if sys.stdout.isatty() else plain)
                sys.stdout.flush()
            except OSError:
                pass
            self._file.write(plain)
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
