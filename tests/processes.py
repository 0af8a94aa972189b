"""Processes: kill a program with its child processes, as when a pod is deleted."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from subprocess import Popen

from tests.patience import PATIENCE_S


def descendants(pid: int) -> list[int]:
    """Return the IDs of a process and all its descendants, whatever their sessions."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.name))
    found, ahead = [], [pid]
    while ahead:
        one = ahead.pop()
        found.append(one)
        ahead += children.get(one, [])
    return found


def kill_all(process: Popen[str]) -> None:
    """Send SIGKILL to a program and its descendants, which leaves no time to clean up."""
    for pid in descendants(process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
