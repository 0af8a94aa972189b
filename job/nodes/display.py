"""Display: what a person sees while nodes are watched; lines, and on a terminal a live part."""

import shutil
import sys
import time
from collections.abc import Mapping
from typing import TextIO

from job.nodes.status import State, Subject
from job.redaction.known import SECRETS

_ERASE_LINE, _UP = "\x1b[2K", "\x1b[1A"


class Lines:
    """One line a change, for files and pipes."""

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def say(self, text: str) -> None:
        """Print a line."""
        print(text, file=self._output, flush=True)

    def show(self, states: Mapping[Subject, State], began: float) -> None:
        """Where everything is now; nothing here, where only changes are shown."""

    def close(self) -> None:
        """Leave only lines behind."""


class Live(Lines):
    """The same lines, and below them one for each subject, written over again and again."""

    def __init__(self, output: TextIO) -> None:
        super().__init__(output)
        self._shown: list[str] = []

    def say(self, text: str) -> None:
        """Print a line above the live part."""
        shown = self._shown
        self._draw([])
        super().say(text)
        self._draw(shown)

    def show(self, states: Mapping[Subject, State], began: float) -> None:
        """Write the live part over, if anything in it has changed."""
        width = shutil.get_terminal_size().columns - 1
        # Half a secret would not be known any more.
        lines = [SECRETS.mask(_line(state, began))[:width] for state in states.values()]
        if lines != self._shown:
            self._draw(lines)

    def close(self) -> None:
        """Take the live part away."""
        self._draw([])

    def _draw(self, lines: list[str]) -> None:
        back = f"{_UP}{_ERASE_LINE}" * len(self._shown)
        self._output.write("".join([back, *(f"{line}\n" for line in lines)]))
        self._output.flush()
        self._shown = lines


def display() -> Lines:
    """What suits standard output."""
    return (Live if sys.stdout.isatty() else Lines)(sys.stdout)


def elapsed(since: float) -> str:
    """Minutes and seconds since then (time.monotonic), as wide as they get in most runs."""
    minutes, seconds = divmod(int(time.monotonic() - since), 60)
    return f"{minutes:3d}:{seconds:02d}"


def _line(state: State, began: float) -> str:
    silence = f"  (no answer for {state.silent_s:.0f} s: {state.trouble})" if state.trouble else ""
    return f"{elapsed(began)} {state.subject:12} {state}{silence}"
