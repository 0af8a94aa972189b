"""Locks: what a killed run leaves in a file backend, and who holds what is not stale."""

import json
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from job.errors import JobError
from job.processes import alive
from job.pulumi import Pulumi
from job.stack import Stack

_FILE = "file://"


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock on a stack, as Pulumi's file backend writes it."""

    path: Path
    pid: int
    host: str
    since: datetime

    @property
    def is_stale(self) -> bool:
        """Whether its owner ran on this machine and is dead."""
        return self.host == socket.gethostname() and not alive(
            self.pid, written_at=self.since.timestamp()
        )


def release_stale(pulumi: Pulumi) -> None:
    """Take away locks of dead processes. Raises JobError if a live or foreign one has the stack."""
    locks = find(pulumi.stack)
    for lock in locks:
        if not lock.is_stale:
            raise JobError(
                f"lock: process {lock.pid} on {lock.host} has worked on stack {pulumi.stack.name}"
                f" since {lock.since:%H:%M:%S}; wait for it, or if it is gone remove {lock.path}"
            )
    if locks:
        pulumi.ask("cancel", "--yes", "--stack", pulumi.stack.name)
        owners = ", ".join(str(lock.pid) for lock in locks)
        pulumi.tell(f"removed the stale lock of dead process {owners}")


def find(stack: Stack) -> list[Lock]:
    """The locks on a stack; none are seen in a backend that is not of files."""
    if not stack.backend_url.startswith(_FILE):
        return []
    backend = Path(stack.backend_url.removeprefix(_FILE)).expanduser()
    folder = backend / ".pulumi/locks/organization" / stack.project_name / stack.name
    return [lock for path in sorted(folder.glob("*.json")) if (lock := _read(path))]


def _read(path: Path) -> Lock | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None  # Released just now.
    return Lock(
        path=path,
        pid=content["pid"],
        host=content["hostname"],
        since=datetime.fromisoformat(content["timestamp"]),
    )
