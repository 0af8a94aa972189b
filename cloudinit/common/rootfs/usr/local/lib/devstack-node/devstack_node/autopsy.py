"""Autopsy: explain in one line why a program of the node's scripts ended.

The exit statuses 124 and 137 do not prove a time-out: a program may exit with either, and the
kernel's OOM killer also causes 137. The script knows from `timeout` itself and passes `--limit`.
"""

from __future__ import annotations

import argparse

from devstack_node import ending, node

_KILLED = "Killed process "
"""Part of the OOM killer's log line in every version of the kernel."""
_MARGIN_S = 5.0
_JOURNAL_S = 20.0
_MOST_LENGTH = 200


def main(arguments: list[str]) -> int:
    """Print how the program ended, and the OOM killer's log line if there is one."""
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
    """Return the OOM killer's last log line of the last `seconds`; empty if there is none."""
    since = f"--since=-{seconds + _MARGIN_S:.0f}s"
    journal = ("journalctl", "--dmesg", "--no-pager", "--quiet", "--output", "cat", since)
    try:
        said = node.run(*journal, timeout_s=_JOURNAL_S)
    except RuntimeError:
        return ""
    lines = [line.strip() for line in said.splitlines() if _KILLED in line]
    return lines[-1][:_MOST_LENGTH] if lines else ""
