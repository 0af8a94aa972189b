"""Console: progress of localcloud, for the person who waits."""

import sys


def say(line: str) -> None:
    """Print one line to standard error. Standard output belongs to the command that is run."""
    print(f"localcloud: {line}", file=sys.stderr, flush=True)
