"""Locks: remove stale locks of killed runs, and name the holder of a live one."""

import json
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from host.errors import LockedError
from host.processes import alive
from job.cloud.engine import backend
from job.cloud.engine.pulumi import Pulumi
from job.cloud.stack import Stack

# The CLI's message about a lock, in any kind of backend.
_TOLD = re.compile(
    r"^\s*(?P<place>.+): created by .*@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)$",
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock on a stack, as written by Pulumi's file and bucket backends."""

    place: str
    pid: int
    host: str
    since: datetime

    @property
    def is_stale(self) -> bool:
        """Tell whether its owner ran on this machine and is dead."""
        return self.host == socket.gethostname() and not alive(
            self.pid, written_at=self.since.timestamp()
        )


def release_stale(pulumi: Pulumi) -> None:
    """Remove locks of dead processes. Raises LockedError if a live or foreign process has one.

    Locks in a bucket are not visible here; `release_dead` handles them once the CLI reports them.
    """
    locks = find(pulumi.stack)
    for lock in locks:
        if not lock.is_stale:
            raise LockedError(
                f"lock: process {lock.pid} on {lock.host} has worked on stack {pulumi.stack.name}"
                f" since {lock.since:%H:%M:%S}; wait for it, or if it is gone remove {lock.place}"
            )
    _release(pulumi, locks)


def release_dead(pulumi: Pulumi, error: LockedError) -> bool:
    """Remove the locks that the CLI reported. Return False if one is not stale."""
    locks = [
        Lock(
            place=told["place"],
            pid=int(told["pid"]),
            host=told["host"],
            since=datetime.fromisoformat(told["since"]),
        )
        for told in _TOLD.finditer(error.details)
    ]
    if not locks or not all(lock.is_stale for lock in locks):
        return False
    _release(pulumi, locks)
    return True


def _release(pulumi: Pulumi, locks: Sequence[Lock]) -> None:
    if locks:
        pulumi.ask("cancel", "--yes", "--stack", pulumi.stack.name)
        owners = ", ".join(str(lock.pid) for lock in locks)
        pulumi.tell(f"removed the stale lock of dead process {owners}")


def find(stack: Stack) -> list[Lock]:
    """Return the locks on a stack; none if the backend is not a folder."""
    state = backend.folder_of(stack.backend_url, base=stack.folder)
    if state is None:
        return []
    folder = state / ".pulumi/locks/organization" / stack.project_name / stack.name
    return [lock for path in sorted(folder.glob("*.json")) if (lock := _read(path))]


def _read(path: Path) -> Lock | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None  # Released just now.
    return Lock(
        place=str(path),
        pid=content["pid"],
        host=content["hostname"],
        since=datetime.fromisoformat(content["timestamp"]),
    )
