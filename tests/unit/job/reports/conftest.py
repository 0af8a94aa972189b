"""A timeline of a run."""

from datetime import UTC, datetime, timedelta

import pytest

from job.reports.timeline import Timeline

BEGAN = datetime(2026, 11, 25, 1, 0, 0, tzinfo=UTC)


class Run:
    """A timeline whose spans are added by minutes."""

    def __init__(self):
        self.timeline = Timeline()

    def add(  # noqa: PLR0913, PLR0917 - a span's own fields
        self, lane, name, began, ended, verdict="passed", note=""
    ):
        """Add a span from one minute to another; without an end it is still running."""
        span = self.timeline.begin(lane, name, BEGAN + timedelta(minutes=began))
        if ended is not None:
            self.timeline.end(span, verdict, note, BEGAN + timedelta(minutes=ended))
        return span

    @property
    def spans(self):
        """All spans."""
        return self.timeline.spans


@pytest.fixture
def run():
    return Run()


@pytest.fixture
def good_run(run):
    """A run in which every phase passed."""
    run.add("job", "preflight", 0, 0.2)
    run.add("job", "up", 0.2, 2)
    run.add("resources", "controller (Instance)", 0.5, 1.5)
    run.add("controller", "stack.sh", 2, 30)
    run.add("worker", "stack.sh", 2, 33)
    run.add("worker", "registration", 30, 34)
    run.add("job", "tests", 30, 75)
    return run
