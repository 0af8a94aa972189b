"""Lanes: record the nodes' stages as spans of a timeline, by the nodes' own clocks."""

from datetime import UTC, datetime

from job.nodes.status import State
from job.reports.timeline import Lane, Span, Timeline, Verdict

REGISTRATION = "registration"
_VERDICTS: dict[str, Verdict] = {"ready": "passed", "failed": "failed"}


class Lanes:
    """A span for each stage, and for each of DevStack's phases within stack.sh."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._open: dict[str, tuple[Span | None, Span | None]] = {}
        """The running stage and phase of each subject."""

    def note(self, state: State) -> None:
        """Record an answer of a node."""
        stage, detail = self._open.get(state.subject, (None, None))
        since = state.since or datetime.now(UTC)
        # The stages of a registration are only reasons to wait, so it gets a single span.
        name = REGISTRATION if state.subject == "registration" else state.stage
        if state.is_final and stage is None:
            stage = self._begin(state, name, since)
        if stage and (state.is_final or stage.name != name):
            verdict = _VERDICTS.get(state.verdict, "passed")
            # The state has the time of the stage; a detail has none of its own.
            for span in filter(None, (detail, stage)):
                self._timeline.end(span, verdict, state.error, max(since, span.began))
            stage = detail = None
        if not state.is_final:
            stage = stage or self._begin(state, name, since)
            if state.detail and (detail is None or detail.name != state.detail):
                now = datetime.now(UTC)
                if detail:
                    self._timeline.end(detail, "passed", "", now)
                detail = self._begin(state, state.detail, now if detail else since)
        self._open[state.subject] = stage, detail

    def _begin(self, state: State, name: str, began: datetime) -> Span:
        lane: Lane = "controller" if state.subject == "controller" else "worker"
        return self._timeline.begin(lane, name, began)
