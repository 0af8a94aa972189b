"""Resources: read from the engine's event log when each resource was changed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from job.cloud.engine import event_log
from job.cloud.engine.provider_messages import refusals
from job.redaction.known import SECRETS
from job.reports.timeline import Timeline, Verdict

_Step = tuple[str, str]
"""An operation, and the URN of a resource."""

_KINDS: dict[str, Verdict | None] = {
    "resourcePreEvent": None,
    "resOutputsEvent": "passed",
    "resOpFailedEvent": "failed",
}
_QUIET = {"same", "read", "refresh"}
_GROUPS = ("pulumi:", "devstack:")
_LONGEST_REASON = 300
_CREATING = {"create", "create-replacement"}


def add_to(timeline: Timeline, log: Path) -> None:
    """Add a span for each resource that one engine run changed, by the engine's clock.

    The log of a killed run may be truncated. Its unfinished operations become `interrupted`.
    """
    began: dict[_Step, datetime] = {}
    reasons: dict[str, str] = {}
    now = datetime.min.replace(tzinfo=UTC)
    for event in event_log.read(log):
        now = datetime.fromtimestamp(event["timestamp"], UTC)
        diagnostic = event.get("diagnosticEvent", {})
        if diagnostic.get("severity") == "error":
            reasons.setdefault(diagnostic.get("urn", ""), _reason(diagnostic["message"]))
        for kind, verdict in _KINDS.items():
            step = _step(event.get(kind, {}).get("metadata", {}))
            if step is None:
                continue
            if verdict is None:
                began[step] = now
            elif step in began:
                span = timeline.begin("resources", _name(step), began.pop(step))
                reason = reasons.get(step[1], "") if verdict == "failed" else ""
                timeline.end(span, verdict, reason, now)
    for step, since in began.items():
        span = timeline.begin("resources", _name(step), since)
        timeline.end(span, "interrupted", reasons.get(step[1], ""), now)


def _step(metadata: Mapping[str, Any]) -> _Step | None:
    """Return operation and URN; None for unchanged resources, providers and components."""
    operation, kind = metadata.get("op", "same"), metadata.get("type", "")
    if operation in _QUIET or kind.startswith(_GROUPS):
        return None
    return operation, metadata["urn"]


def _name(step: _Step) -> str:
    operation, urn = step
    _, kind, name = urn.rsplit("::", 2)
    text = f"{name} ({kind.rpartition(':')[2]})"
    return text if operation in _CREATING else f"{operation} {text}"


def _reason(message: str) -> str:
    """Extract the provider's message as one line."""
    # Mask before cutting: half a secret would not be recognized.
    return SECRETS.mask("; ".join(map(str, refusals(message))))[:_LONGEST_REASON]
