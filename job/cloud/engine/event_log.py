"""Event log: read the engine's event log of one run, which may be truncated."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read(log: Path) -> Iterator[dict[str, Any]]:
    """Yield the events in order; none if there is no log."""
    if not log.exists():
        return
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue  # the truncated last line of a killed run
        yield event
