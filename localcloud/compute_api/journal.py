"""Journal: what was asked of the double, and what its operations waited for.

The chain is the longest run of operations of which each needs the one before: the least time in
which anybody could have made the same requests.
"""

from collections import deque
from dataclasses import dataclass

from localcloud.compute_api.clock import timestamp
from localcloud.compute_api.errors import Json
from localcloud.compute_api.operations import Operation

_MOST_REQUESTS = 100_000


@dataclass(frozen=True)
class Request:
    """One request as it came in; seconds since the epoch, and seconds."""

    time: float
    method: str
    path: str
    status: int
    seconds: float

    def show(self) -> Json:
        """Make it JSON."""
        return {
            "time": timestamp(self.time),
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "seconds": round(self.seconds, 6),
        }


class Journal:
    """The latest requests."""

    def __init__(self) -> None:
        self._requests: deque[Request] = deque(maxlen=_MOST_REQUESTS)

    def add(self, request: Request) -> None:
        """Keep a request."""
        self._requests.append(request)

    def requests(self, project: str | None = None, method: str | None = None) -> list[Request]:
        """List requests, oldest first, of a project and of a method (instances.insert)."""
        return [
            request
            for request in list(self._requests)
            if (project is None or f"projects/{project}/" in f"{request.path}/")
            and (method is None or request.method.removeprefix("compute.") == method)
        ]


def show(operation: Operation) -> Json:
    """Make an operation of the journal JSON; times in seconds since the epoch."""
    return {
        "name": operation.name,
        "method": operation.method.removeprefix("compute."),
        "target": operation.target,
        "references": operation.references,
        "inserted": operation.inserted,
        "starts": operation.starts,
        "ends": operation.ends,
        "status": operation.status,
        "error": operation.error.code if operation.error else None,
    }


def chain(operations: list[Operation]) -> list[Operation]:
    """Give the longest chain of operations by their own durations, first to last."""
    best: list[tuple[float, list[Operation]]] = []
    for i, operation in enumerate(operations):
        before: tuple[float, list[Operation]] = (0.0, [])
        for j in range(i):
            if _needs(operation, operations[j], operations) and best[j][0] >= before[0]:
                before = best[j]
        own = operation.ends - operation.inserted
        best.append((before[0] + own, [*before[1], operation]))
    return max(best, key=lambda entry: entry[0], default=(0.0, []))[1]


def duration(operations: list[Operation]) -> float:
    """Give the seconds that operations take one after another."""
    return sum(operation.ends - operation.inserted for operation in operations)


def _needs(later: Operation, earlier: Operation, operations: list[Operation]) -> bool:
    """Say whether an operation could be asked for only after another was done."""
    if later.target == earlier.target:
        return True
    if later.type != "delete":
        return earlier.type != "delete" and earlier.target in later.references
    # What referred to the target has to go first.
    return earlier.type == "delete" and any(
        operation.target == earlier.target and later.target in operation.references
        for operation in operations
    )
