"""Run: a command on a node, over ssh. Whoever started it looks from time to time; nothing waits."""

import os
import tempfile
import time
from contextlib import ExitStack
from typing import IO

from host.processes import Child, Program
from job.nodes.ssh import Access
from job.nodes.status import plain

# What ssh says, and what it comes to; the first that fits.
_TROUBLES = (
    ("Host key verification failed", "another host key"),
    ("Permission denied", "not let in"),
    ("Connection refused", "refused"),
    ("timed out", "silent"),
    ("No route to host", "silent"),
    ("unreachable", "silent"),
)
WRONG_KEY = _TROUBLES[0][1]
SILENT = "silent"
# ssh's own, when it is not that of the command.
_NO_CONNECTION = 255
_MOST_SAID = 2**16


class Run:
    """A command that was started. It is killed when its time is over."""

    def __init__(self, access: Access, command: str, *, timeout_s: float) -> None:
        # Files, since a pipe can be full, or held open by ssh's own children.
        with ExitStack() as files:
            self._output = files.enter_context(tempfile.TemporaryFile())
            self._errors = files.enter_context(tempfile.TemporaryFile())
            self._files = files.pop_all()
        self._late = False
        self.code = 0
        """Once it has ended; negative for a signal's number."""
        self._deadline = time.monotonic() + timeout_s
        command_line = [*access.command(), access.destination, command]
        program = Program(command=command_line, environment=os.environ)
        self._child = Child(program, self._output.fileno(), self._errors.fileno())

    def ended(self) -> bool:
        """Whether it has ended, if need be because its time is over."""
        if self._child.running:
            if time.monotonic() < self._deadline:
                return False
            self._late = True
        # With its way through another node.
        self.code = self._child.kill()
        return True

    def close(self) -> None:
        """End it, and forget what it printed."""
        self.code = self._child.kill()
        self._files.close()

    @property
    def output(self) -> IO[bytes]:
        """What the command printed, from its beginning."""
        self._output.seek(0)
        return self._output

    @property
    def complaint(self) -> str:
        """The last line that ssh or the command had to say."""
        lines = [plain(line).strip() for line in self._said().splitlines() if line.strip()]
        return lines[-1] if lines else f"no message (exit {self.code})"

    @property
    def trouble(self) -> str:
        """Why the command was not run, or did not end; empty if it ended."""
        if self._late:
            return SILENT
        if 0 <= self.code != _NO_CONNECTION:
            return ""
        said = self._said()
        known = (trouble for words, trouble in _TROUBLES if words in said)
        return next(known, f"broken off: {self.complaint}")

    def _said(self) -> str:
        size = self._errors.seek(0, os.SEEK_END)
        # A node that was broken into may say more than fits into memory.
        self._errors.seek(max(0, size - _MOST_SAID))
        return self._errors.read().decode(errors="replace")
