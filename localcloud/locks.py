"""Locks: one process at a time, by flock. The kernel releases the lock of a process that dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from localcloud.console import say


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


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[None]:
    """Hold a lock while the block runs. Wait for another holder, without a time limit.

    `what` says what the other holder does; it is printed before the wait.
    """
    file = take(path)
    if file is None:
        say(f"waiting for another process: {what}")
        file = path.open("a")
        fcntl.flock(file, fcntl.LOCK_EX)
    with file:
        yield
