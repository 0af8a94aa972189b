"""Clock: the source of time for operations, latencies and timestamps.

It is given to the double rather than read by it, so that a test of a two-hour wait takes no time.
"""

import time
from datetime import datetime, timedelta, timezone
from typing import Protocol

# Compute Engine writes its timestamps in Pacific time. Without daylight saving time the moment is
# still right, since the offset is part of the timestamp.
_PACIFIC = timezone(timedelta(hours=-8))


class Clock(Protocol):
    """A source of time."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        return time.time()


class ManualClock:
    """A time that stands still until a test advances it; it begins in January 2027."""

    def __init__(self) -> None:
        self._now = 1_800_000_000.0

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the time forward; operations notice at the next request or ComputeApi.tick()."""
        self._now += seconds


def timestamp(moment: float) -> str:
    """Format seconds since the epoch as Compute Engine does: RFC 3339 with milliseconds."""
    return datetime.fromtimestamp(moment, _PACIFIC).isoformat(timespec="milliseconds")
