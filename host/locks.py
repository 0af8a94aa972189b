"""Locks: one process at a time, by flock. The kernel releases the lock of a process that dies."""

import fcntl
from pathlib import Path
from typing import IO


def take(path: Path) -> IO[str] | None:
    """Return the locked file, or None if another process holds the lock.

    The lock ends when the file is closed or the process dies. Missing folders are created.
    """
    # The file is never removed: a new one of the same name would be another lock.
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
