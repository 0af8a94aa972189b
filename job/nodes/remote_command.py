"""Remote command: run a command on a node over ssh, without blocking the caller."""

import os
import tempfile
import time
from contextlib import ExitStack
from typing import IO

from host.processes import Child, Program
from job.nodes.ssh import Access
from job.nodes.status import plain

# Messages of ssh and their meaning. The first match counts.
_TROUBLES = (
    ("Host key verification failed", "another host key"),
    ("Permission denied", "not let in"),
    ("Connection refused", "refused"),
    ("timed out", "silent"),
    ("No route to host", "silent"),
    ("unreachable", "silent"),
)
WRONG_KEY = _TROUBLES[0][1]
# ssh's own exit status.
_NO_CONNECTION = 255
_MOST_ANSWERED, _MOST_SAID = 2**20, 2**16


class Run:
    """A started command. It is killed at its time limit."""

    def __init__(self, access: Access, command: str, *, timeout_s: float) -> None:
        # Files, not pipes, which may fill up or be held open by ssh's children.
        with ExitStack() as files:
            self._output = files.enter_context(tempfile.TemporaryFile())
            self._errors = files.enter_context(tempfile.TemporaryFile())
            self._files = files.pop_all()
        self._late = False
        self.code = 0
        """The exit status after its end; negative for a signal."""
        self._deadline = time.monotonic() + timeout_s
        command_line = [*access.command(), access.destination, command]
        program = Program(command=command_line, environment=os.environ)
        self._child = Child(program, self._output.fileno(), self._errors.fileno())

    def ended(self) -> bool:
        """Tell whether it has ended. Kills it at its time limit."""
        if self._child.running:
            if time.monotonic() < self._deadline:
                return False
            self._late = True
        # Including the ssh process to the jump host.
        self.code = self._child.kill()
        return True

    def close(self) -> None:
        """End it and discard its output."""
        self.code = self._child.kill()
        self._files.close()

    @property
    def output(self) -> IO[bytes]:
        """Return the command's output, from its beginning."""
        self._output.seek(0)
        return self._output

    @property
    def answer(self) -> bytes:
        """The end of the output, for commands that answer in its last line."""
        return _last_bytes(self._output, _MOST_ANSWERED)

    @property
    def complaint(self) -> str:
        """The last error line of ssh or of the command."""
        lines = [plain(line).strip() for line in self._said().splitlines() if line.strip()]
        return lines[-1] if lines else f"no message (exit {self.code})"

    @property
    def trouble(self) -> str:
        """Why the command did not run or did not end; empty if it ended."""
        if self._late:
            return "silent"
        if 0 <= self.code != _NO_CONNECTION:
            return ""
        said = self._said()
        known = (trouble for words, trouble in _TROUBLES if words in said)
        return next(known, f"broken off: {self.complaint}")

    def _said(self) -> str:
        return _last_bytes(self._errors, _MOST_SAID).decode(errors="replace")


def _last_bytes(file: IO[bytes], most: int) -> bytes:
    """Read the end of a file: a compromised node may send more than fits into memory."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - most))
    return file.read()
