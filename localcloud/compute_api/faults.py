"""Faults: failures that a test queues for the next calls of a method.

A fault is used up by `times` calls. The rest can be listed: a test whose fault never happened has
proved nothing, and must be able to notice. An unknown kind is refused.
"""

from dataclasses import asdict, dataclass
from typing import Literal

from localcloud.compute_api.errors import ApiError, Json, OperationError

Kind = Literal["error", "slow", "lost", "operation_error"]
KINDS: tuple[Kind, ...] = ("error", "slow", "lost", "operation_error")


@dataclass(kw_only=True)
class Fault:
    """A fault of a method such as instances.insert, or ("*") of every method.

    The kind "error" refuses with status, reason and message. "slow" waits delay_s seconds before
    the request is carried out. "lost" carries it out and closes the connection without an answer.
    "operation_error" accepts it and lets its operation fail with code and message. With a project,
    calls of other projects do not count. Of the calls that match, every `every`-th has the fault.
    """

    method: str
    kind: Kind
    status: int = 503
    reason: str = "backendError"
    message: str = "The service is currently unavailable."
    code: str = "INTERNAL_ERROR"
    delay_s: float = 0.0
    times: int = 1
    every: int = 1
    project: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: {self.kind!r} is none of {', '.join(KINDS)}")
        self._matched = 0  # no field: remaining() lists faults as the test queued them

    def matches(self, method_id: str, path: str) -> bool:
        """Tell whether the fault is for this method and project."""
        # The slash keeps project p from matching p2; a path that ends with the project has none.
        return self.method in {"*", method_id, method_id.removeprefix("compute.")} and (
            self.project is None or f"projects/{self.project}/" in path + "/"
        )

    def is_due(self) -> bool:
        """Count a call that matches, and tell whether it is one that has the fault."""
        self._matched += 1
        return self._matched % self.every == 0

    def api_error(self) -> ApiError:
        """Return the refusal of a fault of kind "error"."""
        return ApiError(self.status, self.reason, self.message)

    def operation_error(self) -> OperationError:
        """Return the error of the operation for a fault of kind "operation_error"."""
        return OperationError(self.status, "SERVICE UNAVAILABLE", self.code, self.message)


class Faults:
    """The queue of faults, first in, first out among those that a call matches."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._queue.append(fault)

    def take(self, method_id: str, path: str) -> Fault | None:
        """Return the first fault that the call matches, and use it up once; None without one."""
        for fault in self._queue:
            # In this order: is_due() counts the calls, and must count only those that match.
            if fault.matches(method_id, path) and fault.is_due():
                fault.times -= 1
                if fault.times <= 0:
                    self._queue.remove(fault)
                return fault
        return None

    def remaining(self) -> list[Json]:
        """List the faults that are not used up, with the `times` that remain."""
        return [asdict(fault) for fault in self._queue]

    def clear(self) -> None:
        self._queue.clear()
