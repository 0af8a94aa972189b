"""Locks: one process at a time, told by the kernel, so that a dead one never holds anything."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from localcloud.console import say


def take(path: Path) -> IO[str] | None:
    """A lock, held until it is closed or its holder is dead; None if somebody has it."""
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
    """Hold a lock while the block runs; wait for whoever has it, and say so."""
    file = take(path)
    if file is None:
        say(f"waiting for another process: {what}")
        file = path.open("a")
        fcntl.flock(file, fcntl.LOCK_EX)
    with file:
        yield
