"""Node: where things are on this machine, its clock, and how it runs other programs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from devstack_node import ending, files

ROOT = Path(os.environ.get("DEVSTACK_NODE_ROOT", "/"))
"""The node's root directory; tests point it at one of their own."""

STATE_DIRECTORY = ROOT / "var/lib/devstack-node"
BOOT_ID = ROOT / "proc/sys/kernel/random/boot_id"
LOCAL_CONFS = tuple(
    ROOT / f"{path}/local.conf" for path in ("etc/devstack-node", "opt/stack/devstack")
)
"""What DevStack is told, passwords too: ours, and the copy that it reads."""
SUMMARY = ROOT / "opt/stack/logs/stack.sh.log.summary"
"""DevStack's phases, one a line, after a time and a bar."""

_TIME = "%Y-%m-%dT%H:%M:%SZ"

RUN_S = 120.0
"""How long a program may take that usually takes seconds."""


class LastingError(RuntimeError):
    """What no waiting mends; the message says what is wrong and what to do."""


def timestamp(seconds: float | None = None) -> str:
    """A time in UTC, to the second, as RFC 3339 writes it; now unless told."""
    moment = datetime.fromtimestamp(time.time() if seconds is None else seconds, timezone.utc)
    return moment.strftime(_TIME)


def is_timestamp(text: str) -> bool:
    """Whether the text is a time as `timestamp` writes it."""
    try:
        datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)
    except ValueError:
        return False
    return True


def boot_id() -> str:
    """Another one after each boot. Raises UnreadableError."""
    found = files.text(BOOT_ID).strip()
    if not found:
        raise files.UnreadableError(f"{BOOT_ID}: empty")
    return found


def say(text: str) -> None:
    """Print a line for people, with the time."""
    print(f"{timestamp()} {text}", file=sys.stderr, flush=True)


def run(*command: str, timeout_s: float = RUN_S) -> str:
    """A program's standard output. Raises RuntimeError with the last line of its complaint.

    A program that is not there is a LastingError.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{command[0]} did not answer within {timeout_s:.0f} s") from None
    except OSError as error:
        raise LastingError(f"{command[0]}: {error.strerror}") from None
    except ValueError as error:
        # An answer with a NUL in it was to become an argument.
        raise RuntimeError(f"{command[0]}: {error}") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
        raise RuntimeError(f"{ending.words(command[0], done.returncode)}: {lines[-1]}")
    return done.stdout


class Deadline:
    """So many seconds from now, on the clock that nobody sets."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def passed(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Seconds until it passes, 0 when it has."""
        return max(0.0, self._end - time.monotonic())

    def sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the deadline."""
        time.sleep(min(seconds, self.left()))
