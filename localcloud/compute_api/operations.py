"""Operations: accepted changes, and their way from PENDING over RUNNING to DONE.

An operation has fixed times, and the injected clock decides which of them have come. Nothing
sleeps: advance() carries out the starts and ends that are due, so it must be called before every
look at the store. An operation with an error runs for its whole time too.
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from localcloud.compute_api import links
from localcloud.compute_api.clock import Clock, timestamp
from localcloud.compute_api.errors import Json, OperationError

# The share of an operation's time that it is PENDING: a client that polls should meet each status.
_PENDING_SHARE = 0.1

_PROGRESS = {"PENDING": 0, "RUNNING": 0, "DONE": 100}

Finish = Callable[[], None]


@dataclass
class Operation:
    """An operation; times in seconds since the epoch, `target` and `references` are paths."""

    path: str
    id: str
    method: str
    type: str
    target: str
    target_id: str
    user: str
    inserted: float
    starts: float
    ends: float
    finish: Finish
    start: Finish | None = None
    error: OperationError | None = None
    references: list[str] = field(default_factory=list)
    client_operation_id: str | None = None
    status: Literal["PENDING", "RUNNING", "DONE"] = "PENDING"

    @property
    def name(self) -> str:
        return links.name_of(self.path)

    def body(self) -> Json:
        """Return the JSON of the API; error and end time appear when the operation is DONE."""
        body: Json = {
            "kind": "compute#operation",
            "id": self.id,
            "name": self.name,
            "operationType": self.type,
            "targetLink": links.link(self.target),
            "targetId": self.target_id,
            "status": self.status,
            "user": self.user,
            "progress": _PROGRESS[self.status],
            "insertTime": timestamp(self.inserted),
            "selfLink": links.link(self.path),
        }
        scope = links.location_of(self.path)
        if scope != "global":
            field_name = "zone" if scope.startswith("zones/") else "region"
            body[field_name] = links.link(f"projects/{self.path.split('/')[1]}/{scope}")
        if self.client_operation_id:
            body["clientOperationId"] = self.client_operation_id
        if self.status != "PENDING":
            body["startTime"] = timestamp(self.starts)
        if self.status == "DONE":
            body["endTime"] = timestamp(self.ends)
            if self.error:
                body["error"] = {"errors": [self.error.entry()]}
                body["httpErrorStatusCode"] = self.error.http_status
                body["httpErrorMessage"] = self.error.http_message
        return body


class Operations:
    """All operations of all projects, and their next changes of status."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_path: dict[str, Operation] = {}
        # A heap by time. The counter keeps the order of operations that are due at the same moment,
        # and spares the heap a comparison of operations.
        self._due: list[tuple[float, int, Operation]] = []
        self._order = itertools.count()

    def add(self, operation: Operation) -> None:
        """Keep an operation and plan its start; its end is planned when it starts."""
        self._by_path[operation.path] = operation
        self._plan(operation.starts, operation)

    def times(self, latency_s: float) -> tuple[float, float, float]:
        """Return the moments at which an operation accepted now is inserted, starts and ends."""
        now = self._clock.now()
        return now, now + latency_s * _PENDING_SHARE, now + latency_s

    def find(self, path: str) -> Operation | None:
        return self._by_path.get(path)

    def all(self) -> list[Operation]:
        """Return all operations so far, oldest first; none is ever forgotten."""
        return list(self._by_path.values())

    def next_due(self) -> float | None:
        """Return the moment of the next change of status, None if nothing is under way."""
        return self._due[0][0] if self._due else None

    def advance(self) -> None:
        """Make all changes of status that are due by the clock, in the order of their times."""
        while self._due and self._due[0][0] <= self._clock.now():
            _, _, operation = heapq.heappop(self._due)
            if operation.status == "PENDING":
                operation.status = "RUNNING"
                if operation.start:
                    operation.start()
                self._plan(operation.ends, operation)
            else:
                operation.status = "DONE"
                operation.finish()

    def _plan(self, moment: float, operation: Operation) -> None:
        heapq.heappush(self._due, (moment, next(self._order), operation))
