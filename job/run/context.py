"""Context: what every phase of a job works with."""

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
from job.run.kinds import Kind
from job.run.log import Log


@dataclass(kw_only=True)
class Context:
    """One job."""

    kind: Kind
    job: JobEnvironment
    artifacts: Artifacts
    log: Log
    timeline: Timeline
    ending: Ending
    """Asked for by signals, a lost lease, and whatever makes going on useless."""
    last: Ending
    """Of the teardown, which nothing ends but a lost lease."""
    folder: Path
    """Of the job alone, gone at its end."""
    began: float = field(default_factory=time.monotonic)
    facts: dict[str, Any] = field(default_factory=dict)
    """What preflight found that is worth keeping."""

    @property
    def events(self) -> Path:
        """The engine's event logs, as it writes them; `Artifacts` has copies without secrets."""
        return self.folder / "events"

    def lose(self, reason: JobError) -> None:
        """Touch the project no more: it may be another job's already."""
        self.ending.ask(reason)
        self.last.ask(reason)

    def end_after(self, seconds: float) -> threading.Timer:
        """End the job by itself after a time; the timer, which its owner cancels."""
        reason = JobError(
            f"job: not done after {seconds:.0f} s; see timeline.svg for what took so long, or give"
            " it more in DEVSTACK_DEADLINE_S",
            kind="interrupted",
        )
        timer = threading.Timer(seconds, self.ending.ask, [reason])
        timer.daemon = True
        timer.start()
        return timer
