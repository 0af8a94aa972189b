"""Events: the engine's event log of one run, which may be cut off."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read(log: Path) -> Iterator[dict[str, Any]]:
    """The events in order; none where there is no log."""
    if not log.exists():
        return
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue  # the last line of a run that was killed
        yield event
