"""Locks: wait for another process that builds the same thing."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host.locks import take
from localcloud.console import say


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
