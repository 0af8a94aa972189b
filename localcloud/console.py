"""Console: what localcloud tells the person who waits for it."""

import sys


def say(line: str) -> None:
    """Print one line, on standard error since standard output belongs to the command."""
    print(f"localcloud: {line}", file=sys.stderr, flush=True)
