"""Record: a tunnel's state on disk, for the artifacts and for recovery after a kill."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from host.errors import RefusedError
from host.processes import alive
from job.network.tunnel import redirection
from job.network.tunnel.family import Family
from job.network.tunnel.namespace import Namespace


@dataclass(kw_only=True)
class Record:
    """A tunnel's state. `supervisor` is 0 after a clean end."""

    supervisor: int
    """ID of the process that holds the tunnel, such as the job's."""
    sshuttle: int = 0
    """ID of its process and of the group of its ssh."""
    method: str
    port: int = 0
    netns: str = ""
    probe: str
    ready: bool = False
    restarts: int = 0

    def write(self, path: Path) -> None:
        """Write the file atomically."""
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        partial.rename(path)


def take_over(path: Path, namespace: Namespace, say: Callable[[str], object]) -> None:
    """Clean up after a killed tunnel. Raises RefusedError if it is alive."""
    try:
        written_at = path.stat().st_mtime
        before = Record(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return  # Missing, truncated, or of another release.
    if not before.supervisor:
        return
    # A tunnel of this very process has ended, but could not remove everything.
    if before.supervisor != os.getpid() and alive(before.supervisor, written_at=written_at):
        raise RefusedError(
            f"tunnel: process {before.supervisor} has one open for this stack; end that one first"
        )
    if before.sshuttle and alive(before.sshuttle, written_at=written_at):
        Family(before.sshuttle).end()
    there = Path(before.netns) if before.netns else None
    # The rules of a deleted namespace are gone too.
    if before.port and (there is None or there.exists()):
        redirection.named(before.method, replace(namespace, path=there)).remove(before.port)
    say(f"tunnel: removed what process {before.supervisor} left, which was killed")
