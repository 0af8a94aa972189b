"""Failures: find in a run's event log which resources of Google Cloud failed, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from job.cloud.engine import event_log
from job.cloud.engine.provider_messages import refusals
from job.cloud.engine.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A refusal of a resource. The provider may report the same one twice."""

    urn: str
    zone: str
    """Zone of an instance, or empty."""
    refusal: Refusal

    @property
    def type(self) -> str:
        """The resource's type, without its components' types."""
        return _type(self.urn)

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rpartition("::")[2]


def failures(log: Path) -> Iterator[Failure]:
    """Yield the failures in a log, which may be truncated or missing."""
    zones: dict[str, str] = {}
    for event in event_log.read(log):
        step = event.get("resourcePreEvent", {}).get("metadata", {})
        zone = ((step.get("new") or {}).get("inputs") or {}).get("zone")
        if zone:
            zones[step["urn"]] = zone
        diagnostic = event.get("diagnosticEvent", {})
        urn = diagnostic.get("urn", "")
        if diagnostic.get("severity") == "error" and _type(urn).startswith("gcp:"):
            for refusal in refusals(diagnostic["message"]):
                yield Failure(urn=urn, zone=zones.get(urn, ""), refusal=refusal)


def _type(urn: str) -> str:
    return urn.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2]
