"""Family: a process group, and the processes that its leader starts in sessions of their own."""

import os
import select
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from host.processes import kill_group

_GRACE_S = 8
_KILLED_S = 1


class Family:
    """The processes that a group's leader has started. They need not be our children."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        # A pidfd keeps referring to its process even if the ID is reused.
        self._handles: dict[int, int] = {}
        self.note()

    def note(self) -> None:
        """Record the current processes. They cannot be found once their parent is dead."""
        for pid in (self._leader, *_descendants(self._leader)):
            if pid not in self._handles:
                with suppress(ProcessLookupError):
                    self._handles[pid] = os.pidfd_open(pid)

    def end(self) -> list[int]:
        """End all of them. Return the IDs of those that survive SIGKILL.

        The first signal goes to the group only. A process in a session of its own, such as
        sshuttle's helper, ends by itself after it has cleaned up for its parent.
        """
        self.note()
        with suppress(ProcessLookupError):
            os.killpg(self._leader, signal.SIGTERM)
        running = _running(self._handles.values(), _GRACE_S)
        kill_group(self._leader)
        for handle in running:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        running = _running(running, _KILLED_S)
        left = [pid for pid, handle in self._handles.items() if handle in running]
        for handle in self._handles.values():
            os.close(handle)
        self._handles.clear()
        return left


def _running(handles: Iterable[int], patience_s: float) -> set[int]:
    """Wait, and return those that still run."""
    running, deadline = set(handles), time.monotonic() + patience_s
    while running:
        ended, _, _ = select.select(running, [], [], max(0, deadline - time.monotonic()))
        if not ended:
            break
        running.difference_update(ended)
    return running


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, children.read_text(encoding="ascii").split()):
                found += [child, *_descendants(child)]
    return found
