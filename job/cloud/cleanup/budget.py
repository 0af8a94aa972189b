"""Budget: the time that a teardown may take, all its waits together."""

import time
from typing import Self

from host.ending import Ending

# A teardown without anybody's deadline: Compute Engine takes about three minutes for a stack.
BUDGET_S = 1800.0


class Budget:
    """Counts from its making. A wait ends early, with the run's reason, when the run does."""

    def __init__(self, seconds: float, ending: Ending) -> None:
        self._end = time.monotonic() + seconds
        self._ending = ending

    @property
    def left_s(self) -> float:
        """Seconds until it is used up; never negative."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise what the run is ended for, if it is."""
        self._ending.check()

    def part(self, share: float) -> Self:
        """A budget of a share of what is left."""
        return type(self)(self.left_s * share, self._ending)

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end. Raises what the run is ended for."""
        self._ending.wait(min(seconds, self.left_s))
