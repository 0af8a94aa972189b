"""Texts: times as people read them, and what XML can hold."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from job.reports.timeline import Span

# XML 1.0 has no way to write these.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml(text: str) -> str:
    """The text without characters that no XML document may hold."""
    return _NOT_XML.sub("", text)


def clock(seconds: float) -> str:
    """3:05 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def seconds(span: Span) -> float:
    """How long it took, or has taken so far."""
    return max(0.0, (end(span) - span.began).total_seconds())


def end(span: Span) -> datetime:
    """When it ended; now, while it runs."""
    return span.ended or datetime.now(UTC)


def began(spans: Sequence[Span]) -> datetime:
    """When the first of them began; now, if there is none."""
    return min((span.began for span in spans), default=datetime.now(UTC))
