"""Clock: the time that operations run by; a test brings its own."""

import time
from datetime import datetime, timedelta, timezone
from typing import Protocol

# Compute Engine writes its timestamps in Pacific time.
_PACIFIC = timezone(timedelta(hours=-8))


class Clock(Protocol):
    """Seconds since the epoch."""

    def now(self) -> float:
        """Tell the time, in seconds since the epoch."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Tell the time, in seconds since the epoch."""
        return time.time()


class ManualClock:
    """A time that stands still until it is advanced, for tests without sleeps."""

    def __init__(self) -> None:
        self._now = 1_800_000_000.0

    def now(self) -> float:
        """Tell the time, in seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the time forward."""
        self._now += seconds


def timestamp(moment: float) -> str:
    """Write a moment as Compute Engine does: RFC 3339 with milliseconds."""
    return datetime.fromtimestamp(moment, _PACIFIC).isoformat(timespec="milliseconds")
