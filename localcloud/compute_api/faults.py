"""Faults: what the next calls of a method shall suffer, queued by a test.

Each queued fault is used up by one call (or by `times` calls); what is left can be asked for, so
that a test can check that its faults happened.
"""

from dataclasses import asdict, dataclass
from typing import Literal

from localcloud.compute_api.errors import ApiError, Json, OperationError

Kind = Literal["error", "slow", "lost", "operation_error"]
KINDS: tuple[Kind, ...] = ("error", "slow", "lost", "operation_error")


@dataclass(kw_only=True)
class Fault:
    """One fault.

    kind "error": refused with status, reason and message. "slow": answered after delay_s. "lost":
    carried out, and the connection closed without an answer. "operation_error": accepted, and the
    operation ends with code and message. project narrows it down.
    Of the calls that it matches, one in `every` suffers it.
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
        self._matched = 0

    def matches(self, method_id: str, path: str) -> bool:
        """Say whether a call suffers it; "*" stands for every method."""
        return self.method in {"*", method_id, method_id.removeprefix("compute.")} and (
            self.project is None or f"projects/{self.project}/" in path + "/"
        )

    def is_due(self) -> bool:
        """Count a call that it matches, and say whether it is the one that suffers."""
        self._matched += 1
        return self._matched % self.every == 0

    def api_error(self) -> ApiError:
        """Build the refusal."""
        return ApiError(self.status, self.reason, self.message)

    def operation_error(self) -> OperationError:
        """Build the end of the operation."""
        return OperationError(self.status, "SERVICE UNAVAILABLE", self.code, self.message)


class Faults:
    """The queue."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        self._queue.append(fault)

    def take(self, method_id: str, path: str) -> Fault | None:
        """Use up the first fault that the call matches."""
        for fault in self._queue:
            if fault.matches(method_id, path) and fault.is_due():
                fault.times -= 1
                if fault.times <= 0:
                    self._queue.remove(fault)
                return fault
        return None

    def remaining(self) -> list[Json]:
        """List what nobody suffered yet."""
        return [asdict(fault) for fault in self._queue]

    def clear(self) -> None:
        """Forget all faults."""
        self._queue.clear()
