"""Node: where things are on this machine, what it was told, how it runs other programs."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(os.environ.get("DEVSTACK_NODE_ROOT", "/"))
"""The node's root directory; tests point it at one of their own."""

STATE_DIRECTORY = ROOT / "var/lib/devstack-node"
SETTINGS = ROOT / "etc/devstack-node/node.env"
LOCAL_CONF = ROOT / "etc/devstack-node/local.conf"
SUMMARY = ROOT / "opt/stack/logs/stack.sh.log.summary"
"""DevStack's phases, one a line, after a time and a bar."""

RUN_S = 120.0
"""How long a program may take that usually takes seconds."""


def settings() -> dict[str, str]:
    """What node.env says."""
    words = shlex.split(SETTINGS.read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words)


def runs(settings: dict[str, str], service: str) -> bool:
    """Whether that DevStack service runs on this node."""
    return service in settings["SERVICES"].split(",")


def timestamp(seconds: float | None = None) -> str:
    """A time in UTC, to the second, as RFC 3339 writes it; now unless told."""
    moment = datetime.fromtimestamp(time.time() if seconds is None else seconds, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def boot_id() -> str:
    """Another one after each boot."""
    return (ROOT / "proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def say(text: str) -> None:
    """Print a line for people, with the time."""
    print(f"{timestamp()} {text}", file=sys.stderr, flush=True)


def run(*command: str, timeout_s: float = RUN_S) -> str:
    """A program's standard output. Raises RuntimeError with the last line of its complaint."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{command[0]} did not answer within {timeout_s:.0f} s") from None
    except OSError as error:
        raise RuntimeError(f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {lines[-1]}")
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
