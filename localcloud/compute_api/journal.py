"""Journal: the requests to the double, and the longest chain of its operations.

In a chain, each operation needs the one before it. An operation needs an earlier one on the same
resource, one on a resource that it refers to, and, if it is a deletion, the deletions of resources
that refer to its own. The longest chain is the least time in which any client can make the same
changes, however many it makes at once.
"""

from collections import deque
from dataclasses import dataclass

from localcloud.compute_api.clock import timestamp
from localcloud.compute_api.errors import Json
from localcloud.compute_api.operations import Operation

# Older requests are dropped, so that a double that polls reach for days does not grow.
_MOST_REQUESTS = 100_000


@dataclass(frozen=True)
class Request:
    """A request: when it came, in seconds since the epoch, and how many seconds it took."""

    time: float
    method: str
    path: str
    status: int
    seconds: float

    def show(self) -> Json:
        """Return the request as JSON, its time as RFC 3339."""
        return {
            "time": timestamp(self.time),
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "seconds": round(self.seconds, 6),
        }


class Journal:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self._requests: deque[Request] = deque(maxlen=_MOST_REQUESTS)

    def add(self, request: Request) -> None:
        self._requests.append(request)

    def requests(self, project: str | None = None, method: str | None = None) -> list[Request]:
        """List requests, if asked only those of a project or a method (instances.insert)."""
        return [
            request
            for request in list(self._requests)
            if (project is None or f"projects/{project}/" in f"{request.path}/")
            and (method is None or request.method.removeprefix("compute.") == method)
        ]


def show(operation: Operation) -> Json:
    """Return an operation as JSON for the journal; times in seconds since the epoch."""
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
    """Return the chain that takes longest; the operations are given oldest first."""
    # For each operation, the longest chain that ends with it.
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
    """Return the seconds that operations take one after another."""
    return sum(operation.ends - operation.inserted for operation in operations)


def _needs(later: Operation, earlier: Operation, operations: list[Operation]) -> bool:
    """Tell whether a client can ask for an operation only after another one is done."""
    if later.target == earlier.target:
        return True
    if later.type != "delete":
        return earlier.type != "delete" and earlier.target in later.references
    # A resource can be deleted only after those that refer to it.
    return earlier.type == "delete" and any(
        operation.target == earlier.target and later.target in operation.references
        for operation in operations
    )
