"""Processes: whether the one that wrote a file is still there, although ids are used again."""

import os
from pathlib import Path

_PROC = Path("/proc")
# Fields of /proc/PID/stat, counted from behind the command's closing parenthesis.
_STATE_FIELD, _START_FIELD = 0, 19
# The time of the boot is in whole seconds.
_ROUNDING_S = 1


def alive(pid: int, *, written_at: float, proc: Path = _PROC) -> bool:
    """Tell whether process `pid` runs and is older than what it wrote (seconds since the epoch)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # It runs, as somebody else.
    try:
        fields = (proc / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        booted = (proc / "stat").read_text(encoding="utf-8").partition("\nbtime ")[2].split()[0]
    except (OSError, IndexError):
        return True  # A system that does not tell more.
    if fields[_STATE_FIELD] == "Z":
        return False
    started = int(booted) + int(fields[_START_FIELD]) / os.sysconf("SC_CLK_TCK")
    return started <= written_at + _ROUNDING_S
