"""Display: progress of the nodes, as lines and, on a terminal, as a status block."""

import shutil
import sys
import time
from collections.abc import Mapping
from typing import TextIO

from job.nodes.status import State, Subject
from job.redaction.known import SECRETS

_ERASE_LINE, _UP = "\x1b[2K", "\x1b[1A"


class Lines:
    """One line for each change, for files and pipes."""

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def say(self, text: str) -> None:
        print(text, file=self._output, flush=True)

    def show(self, states: Mapping[Subject, State], began: float) -> None:
        """Show the current states. Prints nothing here, since `say` prints each change."""

    def close(self) -> None:
        """End the display."""


class Live(Lines):
    """The same lines, and below them a status block that is redrawn."""

    def __init__(self, output: TextIO) -> None:
        super().__init__(output)
        self._shown: list[str] = []

    def say(self, text: str) -> None:
        """Print a line above the status block."""
        shown = self._shown
        self._draw([])
        super().say(text)
        self._draw(shown)

    def show(self, states: Mapping[Subject, State], began: float) -> None:
        """Redraw the status block if it has changed."""
        width = shutil.get_terminal_size().columns - 1
        # Mask before cutting: half a secret would not be recognized.
        lines = [SECRETS.mask(_line(state, began))[:width] for state in states.values()]
        if lines != self._shown:
            self._draw(lines)

    def close(self) -> None:
        """Erase the status block."""
        self._draw([])

    def _draw(self, lines: list[str]) -> None:
        back = f"{_UP}{_ERASE_LINE}" * len(self._shown)
        self._output.write("".join([back, *(f"{line}\n" for line in lines)]))
        self._output.flush()
        self._shown = lines


def display() -> Lines:
    """Return the display that suits standard output."""
    return (Live if sys.stdout.isatty() else Lines)(sys.stdout)


def elapsed(since: float) -> str:
    """Format the time since `since` (time.monotonic) as minutes and seconds, padded."""
    minutes, seconds = divmod(int(time.monotonic() - since), 60)
    return f"{minutes:3d}:{seconds:02d}"


def _line(state: State, began: float) -> str:
    silence = f"  (no answer for {state.silent_s:.0f} s: {state.trouble})" if state.trouble else ""
    return f"{elapsed(began)} {state.subject:12} {state}{silence}"
