"""Node: paths, clock and subprocesses of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from devstack_node import ending, files

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(os.environ.get("DEVSTACK_NODE_ROOT", "/"))
"""The node's root directory. Tests set it to a temporary one."""

STATE_DIRECTORY = ROOT / "var/lib/devstack-node"
BOOT_ID = ROOT / "proc/sys/kernel/random/boot_id"
LOCAL_CONFS = tuple(
    ROOT / f"{path}/local.conf" for path in ("etc/devstack-node", "opt/stack/devstack")
)
"""Both copies of local.conf, which contain passwords: ours, and the one that DevStack reads."""
SUMMARY = ROOT / "opt/stack/logs/stack.sh.log.summary"
"""DevStack's phases, one a line, as `TIME | PHASE`."""

_TIME = "%Y-%m-%dT%H:%M:%SZ"

RUN_S = 120.0
"""Time limit of a program that usually takes seconds."""


class LastingError(RuntimeError):
    """An error that a retry cannot clear. The message gives the problem and the remedy."""


def timestamp(seconds: float | None = None) -> str:
    """Format a time (default: now) as RFC 3339 in UTC, to the second."""
    moment = datetime.fromtimestamp(time.time() if seconds is None else seconds, timezone.utc)
    return moment.strftime(_TIME)


def is_timestamp(text: str) -> bool:
    """Tell whether a text has the format of `timestamp`."""
    try:
        datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)
    except ValueError:
        return False
    return True


def boot_id() -> str:
    """Return the kernel's boot ID, which changes at each boot. Raises UnreadableError."""
    found = files.text(BOOT_ID).strip()
    if not found:
        raise files.UnreadableError(f"{BOOT_ID}: empty")
    return found


def say(text: str) -> None:
    """Log a line with the time, on standard error."""
    print(f"{timestamp()} {text}", file=sys.stderr, flush=True)


def run(
    *command: str,
    timeout_s: float = RUN_S,
    text: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a program with `text` as standard input, and return its standard output.

    Raises LastingError if the program is missing, else RuntimeError with its last error line.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            input=text,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{command[0]} did not answer within {timeout_s:.0f} s") from None
    except OSError as error:
        raise LastingError(f"{command[0]}: {error.strerror}") from None
    except ValueError as error:
        # An argument contains NUL: it came from a damaged answer.
        raise RuntimeError(f"{command[0]}: {error}") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
        raise RuntimeError(f"{ending.words(command[0], done.returncode)}: {lines[-1]}")
    return done.stdout


class Deadline:
    """A deadline on the monotonic clock, which NTP does not change."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def passed(self) -> bool:
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Return the seconds left, at least 0."""
        return max(0.0, self._end - time.monotonic())

    def sleep(self, seconds: float) -> None:
        """Sleep, at most until the deadline."""
        time.sleep(min(seconds, self.left()))
