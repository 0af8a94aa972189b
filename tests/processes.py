"""Processes: a program ended with all that it started, as a deleted pod's are."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from subprocess import Popen

from tests.patience import PATIENCE_S


def descendants(pid: int) -> list[int]:
    """The process and all below it, whatever sessions they are in."""
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
    """End a program without a chance to tidy up."""
    for pid in descendants(process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
