"""Autopsy: why a program of the node's scripts ended, as one line for the state.

Statuses 124 and 137 do not tell whether a time limit passed: a program may end with either by
itself, and the kernel kills for memory with 137. So the script, which asked `timeout`, says it.
"""

from __future__ import annotations

import argparse

from devstack_node import ending, node

_KILLED = "Killed process "
"""In every version of the kernel, the line that names what was killed for want of memory."""
_MARGIN_S = 5.0
_JOURNAL_S = 20.0
_MOST_LENGTH = 200


def main(arguments: list[str]) -> int:
    """Print how the program ended and, if the kernel has such a line, what it killed meanwhile."""
    parser = argparse.ArgumentParser(prog="devstack-node autopsy")
    parser.add_argument("name")
    parser.add_argument("status", type=int)
    parser.add_argument("seconds", type=float, help="for how long it ran")
    parser.add_argument("--limit", type=float, help="the time limit in seconds that passed")
    options = parser.parse_args(arguments)
    if options.limit is None:
        told = ending.words(options.name, options.status, f" after {options.seconds:.0f} s")
    else:
        told = f"{options.name} did not end within {options.limit:.0f} s"
    kernel = _killed_by_kernel(options.seconds)
    print(f"{told}; the kernel's log says: {kernel}" if kernel else told)
    return 0


def _killed_by_kernel(seconds: float) -> str:
    """Return the kernel's last such line within the last seconds; nothing if it has no log."""
    since = f"--since=-{seconds + _MARGIN_S:.0f}s"
    journal = ("journalctl", "--dmesg", "--no-pager", "--quiet", "--output", "cat", since)
    try:
        said = node.run(*journal, timeout_s=_JOURNAL_S)
    except RuntimeError:
        return ""
    lines = [line.strip() for line in said.splitlines() if _KILLED in line]
    return lines[-1][:_MOST_LENGTH] if lines else ""
