"""Printing: mask secrets in what is written line by line: standard output and error, and logs.

Programs that the job starts print through it.
"""

import sys
import threading
from collections.abc import Iterable
from typing import Any, TextIO, cast

from job.redaction.known import SECRETS, Passage


class Masked:
    """A text stream that masks whole lines before it passes them on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._passage = Passage(SECRETS)
        self._pending = ""
        # Reentrant: a signal handler may print too.
        self._lock = threading.RLock()

    def write(self, text: str) -> int:
        """Write the complete lines and buffer the rest."""
        with self._lock:
            lines, newline, self._pending = (self._pending + text).rpartition("\n")
            if newline:
                self._stream.write(self._passage.mask(lines + newline))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self.write("".join(lines))

    def flush(self) -> None:
        """Write the buffered text too, although its line is incomplete."""
        with self._lock:
            if self._pending:
                pending, self._pending = self._pending, ""
                self._stream.write(self._passage.mask(pending))
            self._stream.flush()

    def close(self) -> None:
        """Write the buffered text, and close the stream."""
        self.flush()
        self._stream.close()

    def bare(self) -> TextIO:
        """Return the stream itself, which does not mask."""
        self.flush()
        return self._stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def mask_standard_streams() -> None:
    """Mask everything that this process prints from now on, tracebacks included."""
    sys.stdout, sys.stderr = (cast("TextIO", Masked(each)) for each in (sys.stdout, sys.stderr))


def print_as_it_is(text: str) -> None:
    """Print a line unmasked, for a person who has asked for the secrets."""
    stream: object = sys.stdout
    print(text, file=stream.bare() if isinstance(stream, Masked) else sys.stdout, flush=True)
