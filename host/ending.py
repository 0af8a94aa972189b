"""Ending: why a run is to end before it is done, as everything that waits in it sees it."""

import os
import select
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from host.errors import JobError, Kind

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class EndedError(JobError):
    """A signal ended the run; the exit code says which, as a shell would."""

    kind: Kind = "interrupted"

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.number = number
        self.exit_code = 128 + number


class Ending:
    """May be asked for from a signal handler or any thread; the first reason counts.

    A pipe stands behind it: a lock could be held by the very code that a signal interrupts.
    """

    def __init__(self) -> None:
        self._reasons: list[JobError] = []
        self._reading, self._writing = os.pipe()

    @property
    def reason(self) -> JobError | None:
        """Why the run is to end, if it is."""
        return next(iter(self._reasons), None)

    def ask(self, reason: JobError) -> None:
        """End the run for this reason, unless it ends already."""
        self._reasons.append(reason)
        os.write(self._writing, b".")

    def withdraw(self, reason: JobError) -> None:
        """Go on after all: what was asked for has been dealt with. Other reasons stay."""
        os.read(self._reading, 1)
        self._reasons.remove(reason)

    def wait(self, seconds: float) -> None:
        """Pause. Raises the reason if the run is to end, at once."""
        select.select([self._reading], [], [], seconds)
        self.check()

    def check(self) -> None:
        """Raise the reason if the run is to end."""
        if reason := self.reason:
            raise reason

    def wait_for(self, handles: Sequence[int], seconds: float | None = None) -> bool:
        """Wait until one of the file descriptors is readable; False after the time.

        Raises the reason if the run is to end.
        """
        readable, _, _ = select.select([self._reading, *handles], [], [], seconds)
        self.check()
        return bool(readable)

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._reading)
        os.close(self._writing)


@contextmanager
def ended_by_signals(*more: signal.Signals) -> Iterator[Ending]:
    """An ending that SIGINT, SIGTERM and `more` ask for, the first alone. Main thread only."""
    ending = Ending()

    def ask(number: int, _frame: FrameType | None) -> None:
        ending.ask(EndedError(f"ended by {signal.Signals(number).name}", number))

    before = {number: signal.signal(number, ask) for number in (*_SIGNALS, *more)}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        ending.close()
