"""Budget: the total time of a teardown."""

import time
from typing import Self

from host.ending import Ending

# Default. Compute Engine takes about three minutes to delete a stack.
BUDGET_S = 1800.0


class Budget:
    """Counts from its creation. A wait ends early, with its reason, if the run is told to end."""

    def __init__(self, seconds: float, ending: Ending) -> None:
        self._end = time.monotonic() + seconds
        self._ending = ending

    @property
    def left_s(self) -> float:
        """Seconds left, at least 0."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise the reason if the run is told to end."""
        self._ending.check()

    def part(self, share: float) -> Self:
        """Return a budget of a share of the time left."""
        return type(self)(self.left_s * share, self._ending)

    def pause(self, seconds: float) -> None:
        """Wait, at most until the end. Raises the reason if the run is told to end."""
        self._ending.wait(min(seconds, self.left_s))
