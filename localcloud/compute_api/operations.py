"""Operations: work that was accepted and is not done yet.

An operation is PENDING, then RUNNING, then DONE, by the injected clock. Whatever it does to the
store it does when it becomes DONE; nothing sleeps. advance() must be called before every look.
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from localcloud.compute_api import links
from localcloud.compute_api.clock import Clock, timestamp
from localcloud.compute_api.errors import Json, OperationError

# The share of an operation's time that it spends PENDING.
_PENDING_SHARE = 0.1

_PROGRESS = {"PENDING": 0, "RUNNING": 0, "DONE": 100}

Finish = Callable[[], None]


@dataclass
class Operation:
    """One operation; times in seconds since the epoch."""

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
        """Give the last part of the path."""
        return links.name_of(self.path)

    def body(self) -> Json:
        """Show it as the API does."""
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
    """All operations of all projects, and the next things that happen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_path: dict[str, Operation] = {}
        self._due: list[tuple[float, int, Operation]] = []
        self._order = itertools.count()

    def add(self, operation: Operation) -> None:
        """Keep an operation and plan its changes of status."""
        self._by_path[operation.path] = operation
        self._plan(operation.starts, operation)

    def times(self, latency_s: float) -> tuple[float, float, float]:
        """Give when an operation accepted now is inserted, starts and ends."""
        now = self._clock.now()
        return now, now + latency_s * _PENDING_SHARE, now + latency_s

    def find(self, path: str) -> Operation | None:
        """Look an operation up."""
        return self._by_path.get(path)

    def all(self) -> list[Operation]:
        """List all operations, oldest first."""
        return list(self._by_path.values())

    def next_due(self) -> float | None:
        """Tell when something happens next."""
        return self._due[0][0] if self._due else None

    def advance(self) -> None:
        """Let everything happen whose time has come, in order."""
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
