"""Context: the objects that all phases of a job share."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host.ending import Ending
from host.errors import JobError
from job.redaction.artifacts import Artifacts
from job.reports.timeline import Timeline
from job.run.environment.job_environment import JobEnvironment
from job.run.job_kind import Kind
from job.run.log import Log


@dataclass(kw_only=True)
class Context:
    """The shared objects of one job."""

    kind: Kind
    job: JobEnvironment
    artifacts: Artifacts
    log: Log
    timeline: Timeline
    ending: Ending
    """Set by signals, a lost lease, and any failure that makes the rest useless."""
    last: Ending
    """The teardown's own, which only a lost lease sets."""
    folder: Path
    """A temporary folder of this job."""
    began: float = field(default_factory=time.monotonic)
    facts: dict[str, Any] = field(default_factory=dict)
    """Preflight's findings, for the artifacts."""

    @property
    def events(self) -> Path:
        """The engine's own event logs, unmasked. The artifacts have masked copies."""
        return self.folder / "events"

    def lose(self, reason: JobError) -> None:
        """Stop all work on the project, which may belong to another job now."""
        self.ending.ask(reason)
        self.last.ask(reason)

    def end_after(self, seconds: float) -> threading.Timer:
        """End the job after a time. Return the timer, which the caller cancels."""
        reason = JobError(
            f"job: not done after {seconds:.0f} s; see timeline.svg for what took so long, or give"
            " it more in DEVSTACK_DEADLINE_S",
            kind="interrupted",
        )
        timer = threading.Timer(seconds, self.ending.ask, [reason])
        timer.daemon = True
        timer.start()
        return timer
