"""Timeline: the course of a run, as spans in lanes. Written to timeline.json."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from host.ending import EndedError
from job.redaction.artifacts import Artifacts

Lane = Literal["job", "resources", "controller", "worker", "tests"]
Verdict = Literal["running", "passed", "failed", "interrupted", "skipped"]


@dataclass
class Span:
    """A period in a lane. `ended` is None while it lasts."""

    lane: Lane
    name: str
    began: datetime
    ended: datetime | None = None
    verdict: Verdict = "running"
    note: str = ""
    """The reason, in one line, if it failed."""

    @property
    def end(self) -> datetime:
        """The end; while it lasts, the current time."""
        return self.ended or datetime.now(UTC)

    @property
    def seconds(self) -> float:
        """The duration; while it lasts, so far."""
        return max(0.0, (self.end - self.began).total_seconds())


def extent(spans: Sequence[Span]) -> tuple[datetime, datetime]:
    """Return the first beginning and the last end; without spans, the current time."""
    began = min((span.began for span in spans), default=datetime.now(UTC))
    return began, max((span.end for span in spans), default=began)


class Timeline:
    """The spans of a run. Written at each change, so that a killed run leaves them too."""

    def __init__(self, artifacts: Artifacts | None = None) -> None:
        self.spans: list[Span] = []
        self._artifacts = artifacts
        self._lock = threading.Lock()

    @contextmanager
    def span(self, lane: Lane, name: str) -> Iterator[Span]:
        """Open a span for the duration of a block. Its exception decides the verdict."""
        span = self.begin(lane, name)
        try:
            yield span
        except EndedError as error:
            self.end(span, "interrupted", str(error))
            raise
        except BaseException as error:
            self.end(span, "failed", str(error))
            raise
        else:
            self.end(span, "passed")

    def begin(self, lane: Lane, name: str, began: datetime | None = None) -> Span:
        """Open a span."""
        span = Span(lane, name, began or datetime.now(UTC))
        with self._lock:
            self.spans.append(span)
            self._write()
        return span

    def end(
        self, span: Span, verdict: Verdict, note: str = "", ended: datetime | None = None
    ) -> None:
        """Close a span."""
        with self._lock:
            span.ended = ended or datetime.now(UTC)
            span.verdict, span.note = verdict, note
            self._write()

    def _write(self) -> None:
        if self._artifacts is None:
            return
        document = {"schema": 1, "spans": [asdict(span) for span in self.spans]}
        text = json.dumps(document, default=_text, indent=1)
        self._artifacts.write("timeline.json", f"{text}\n")


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
