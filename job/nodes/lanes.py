"""Lanes: record the nodes' stages as spans of a timeline, by the nodes' own clocks."""

from dataclasses import dataclass
from datetime import UTC, datetime

from job.nodes.status import State
from job.reports.timeline import Lane, Span, Timeline, Verdict

REGISTRATION = "registration"
_VERDICTS: dict[str, Verdict] = {"ready": "passed", "failed": "failed"}


@dataclass
class _Open:
    stage: Span | None = None
    detail: Span | None = None


class Lanes:
    """A span for each stage, and for each of DevStack's phases within stack.sh."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._open: dict[str, _Open] = {}

    def note(self, state: State) -> None:
        """Record an answer of a node."""
        spans = self._open.setdefault(state.subject, _Open())
        since = state.since or datetime.now(UTC)
        # The stages of a registration are only reasons to wait, so it gets a single span.
        name = REGISTRATION if state.subject == "registration" else state.stage
        if state.is_final and spans.stage is None:
            spans.stage = self._begin(state, name, since)
        if spans.stage and (state.is_final or spans.stage.name != name):
            verdict = _VERDICTS.get(state.verdict, "passed")
            # The state has the time of the stage; a detail has none of its own.
            for span in filter(None, (spans.detail, spans.stage)):
                self._timeline.end(span, verdict, state.error, max(since, span.began))
            spans.stage = spans.detail = None
        if state.is_final:
            return
        if spans.stage is None:
            spans.stage = self._begin(state, name, since)
        if state.detail and (spans.detail is None or spans.detail.name != state.detail):
            now = datetime.now(UTC)
            if spans.detail:
                self._timeline.end(spans.detail, "passed", "", now)
            spans.detail = self._begin(state, state.detail, now if spans.detail else since)

    def _begin(self, state: State, name: str, began: datetime) -> Span:
        lane: Lane = "controller" if state.subject == "controller" else "worker"
        return self._timeline.begin(lane, name, began)
