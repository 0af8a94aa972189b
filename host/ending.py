"""Ending: tell everything that waits in a run that the run is to end, and why."""

import math
import os
import select
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from host.errors import JobError, Kind

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_HANDLER_S = 0.01


class EndedError(JobError):
    """A signal ended the run. The exit code is 128 plus its number."""

    kind: Kind = "interrupted"

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.number = number
        self.exit_code = 128 + number


class Ending:
    """A request to end, from a signal handler or any thread. The first reason counts.

    It is a pipe, not a lock, which the code that a signal interrupts might hold.
    """

    def __init__(self) -> None:
        self._reasons: list[JobError] = []
        self._reading, self._writing = os.pipe()
        # `signal.set_wakeup_fd` demands it.
        os.set_blocking(self._writing, False)

    @property
    def reason(self) -> JobError | None:
        """The reason, if the run is to end."""
        return next(iter(self._reasons), None)

    def ask(self, reason: JobError) -> None:
        """End the run for this reason, unless it ends already for another one."""
        self._reasons.append(reason)
        os.write(self._writing, b".")

    def withdraw(self, reason: JobError) -> None:
        """Take a reason back, because its cause was dealt with. Other reasons stay."""
        os.read(self._reading, 1)
        self._reasons.remove(reason)

    def wait(self, seconds: float) -> None:
        """Pause. Raises the reason at once if the run is to end."""
        self.wait_for([], seconds)

    def check(self) -> None:
        """Raise the reason if the run is to end."""
        if reason := self.reason:
            raise reason

    def wait_for(self, handles: Sequence[int], seconds: float | None = None) -> bool:
        """Wait until one of the file descriptors is readable; False after the time.

        Raises the reason if the run is to end.
        """
        deadline = math.inf if seconds is None else time.monotonic() + seconds
        while True:
            left_s = None if seconds is None else max(0.0, deadline - time.monotonic())
            readable, _, _ = select.select([self._reading, *handles], [], [], left_s)
            self.check()
            if set(readable) - {self._reading}:
                return True
            if time.monotonic() >= deadline:
                return False
            # A signal has come, and the main thread has yet to run its handler.
            time.sleep(_HANDLER_S)

    def wake_on_signals(self) -> int:
        """Wake all waits when a signal comes. Returns the descriptor that was woken before.

        While the main thread starts a program, it blocks signals, and the kernel hands them to
        another thread. That one does not interrupt a `select` which the main thread has begun by
        then, and the Python handler, which runs in the main thread alone, would never run.
        """
        return signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)

    def close(self) -> None:
        os.close(self._reading)
        os.close(self._writing)


@contextmanager
def ended_by_signals(*more: signal.Signals) -> Iterator[Ending]:
    """Yield an ending that the first of SIGINT, SIGTERM and `more` requests. Main thread only."""
    ending = Ending()

    def ask(number: int, _frame: FrameType | None) -> None:
        ending.ask(EndedError(f"ended by {signal.Signals(number).name}", number))

    before = {number: signal.signal(number, ask) for number in (*_SIGNALS, *more)}
    woken_before = ending.wake_on_signals()
    try:
        yield ending
    finally:
        signal.set_wakeup_fd(woken_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        ending.close()
