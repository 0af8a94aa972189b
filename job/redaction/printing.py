"""Printing: standard output and error of this process, without secrets.

Programs that the job starts print through it; one that is handed its standard output itself, as
the command of `python -m job boskos run` is, prints its own.
"""

import sys
import threading
from collections.abc import Iterable
from typing import Any, TextIO, cast

from job.redaction.known import SECRETS, Passage


class Masked:
    """A text stream whose lines are masked before the stream itself gets them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._passage = Passage(SECRETS)
        self._pending = ""
        # A signal handler may print too.
        self._lock = threading.RLock()

    def write(self, text: str) -> int:
        """Write what is whole lines by now, and keep the rest until it is one."""
        with self._lock:
            lines, newline, self._pending = (self._pending + text).rpartition("\n")
            if newline:
                self._stream.write(self._passage.mask(lines + newline))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Show what there is, a line that has not ended too."""
        with self._lock:
            if self._pending:
                pending, self._pending = self._pending, ""
                self._stream.write(self._passage.mask(pending))
            self._stream.flush()

    def bare(self) -> TextIO:
        """The stream itself."""
        self.flush()
        return self._stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def mask_standard_streams() -> None:
    """Mask all that this process prints from now on, tracebacks as well."""
    sys.stdout, sys.stderr = (cast("TextIO", Masked(each)) for each in (sys.stdout, sys.stderr))


def print_as_it_is(text: str) -> None:
    """Print a line with the secrets in it, for a person who has asked for them."""
    stream: object = sys.stdout
    print(text, file=stream.bare() if isinstance(stream, Masked) else sys.stdout, flush=True)
