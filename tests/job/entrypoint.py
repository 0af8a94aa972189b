"""Entrypoint: Prow's own program, which starts a job, ends it and records its exit code."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.originals import programs

_NS_PER_S = 10**9
# The exit codes that Prow records for an aborted job and for one that timed out.
ABORTED, TIMED_OUT = 130, 127


@dataclass(frozen=True, kw_only=True)
class Entrypoint:
    """A time limit and a grace period for a job; the defaults are those of prow/."""

    folder: Path
    timeout_s: int = 3 * 3600
    grace_s: int = 15 * 60

    @property
    def marker(self) -> Path:
        """The file from which Prow's sidecar reads the exit code."""
        return self.folder / "marker.txt"

    @property
    def log(self) -> Path:
        """The file that Prow uploads as build-log.txt."""
        return self.folder / "process-log.txt"

    def around(self, command: Sequence[object]) -> tuple[Path, dict[str, str]]:
        """Wrap a command; return the program to start instead, and its environment variables."""
        options = {
            "args": [str(word) for word in command],
            "container_name": "test",
            "grace_period": self.grace_s * _NS_PER_S,
            "marker_file": str(self.marker),
            "metadata_file": str(self.folder / "metadata.json"),
            "process_log": str(self.log),
            "timeout": self.timeout_s * _NS_PER_S,
        }
        return programs.ensure() / "entrypoint", {"ENTRYPOINT_OPTIONS": json.dumps(options)}
