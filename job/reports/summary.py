"""Summary: the verdict of a run, in at most ten lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from host.errors import Kind
from job.cloud.zones import Departure
from job.nodes.lanes import REGISTRATION
from job.redaction.known import SECRETS
from job.reports import texts
from job.reports.timeline import Span, extent

_KINDS: dict[Kind, str] = {
    "infrastructure": "infrastructure outage (a second run may do better)",
    "capacity": "capacity (Google Cloud has no room, or grants us none)",
    "configuration": "configuration (a second run will end the same way)",
    "test": "test (the cloud was ready)",
    "interrupted": "interrupted (a signal, or the end of the time)",
    "unknown": "unknown (the error does not say whether a second run may do better)",
}
_LONGEST_LINE = 300
_MOST_PATHS = 4
# The files to read first; they lead to the others.
_OF_NODES = (
    *("stack.sh.log", "build.log", "cloud-init-output.log", "journal.log"),
    *("unreachable.txt", "serial-console.log"),
)
_OF_JOB = ("prerequisites.log", "job.log", "timeline.svg")


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a run failed."""

    kind: Kind
    error: str
    """The first failing line."""
    node: str = ""
    """controller, worker or registration; empty if no node failed."""
    stage: str = ""
    """The node's stage."""


def passed(spans: Sequence[Span], left: Sequence[Departure] = ()) -> str:
    """Summarize a successful run."""
    return _lines([f"PASSED in {_whole(spans)}", *_times(spans), *_zones(left)])


def failed(
    failure: Failure, spans: Sequence[Span], artifacts: Path, left: Sequence[Departure] = ()
) -> str:
    """Summarize a failed run. Names the files to read next, if they exist."""
    phase = _failed_phase(spans)
    where = f" in '{phase.name}'" if phase else ""
    lines = [f"FAILED{where} after {_whole(spans)}", f"class: {_KINDS[failure.kind]}"]
    if failure.node:
        lines.append(f"node: {failure.node}, in '{failure.stage}'")
    lines += [f"error: {failure.error}", *_times(spans), *_zones(left)]
    if paths := list(_read_on(failure, artifacts))[:_MOST_PATHS]:
        lines.append(f"read on in: {', '.join(paths)}")
    return _lines(lines)


def _times(spans: Sequence[Span]) -> Iterator[str]:
    """Yield the duration of each phase, and when the nodes were ready."""
    phases = [span for span in spans if span.lane == "job"]
    if phases:
        told = (f"{span.name} {texts.clock(span.seconds)}" for span in phases)
        yield f"phases: {', '.join(told)}"
    controller = [span for span in spans if span.lane == "controller"]
    worker = [span for span in spans if span.lane == "worker"]
    # The worker's own build may end after its registration.
    registration = [span for span in worker if span.name == REGISTRATION]
    began, _ = extent(spans)
    if controller:
        yield _time("controller", controller, began, is_all=True)
    if worker:
        yield _time("second AZ", registration or worker, began, is_all=bool(registration))


def _zones(left: Sequence[Departure]) -> Iterator[str]:
    """Which zones could not take a node, and why."""
    if left:
        told = (f"{each.role} not in {each.zone}, which {each.why}" for each in left)
        yield f"zones: {'; '.join(told)}"


def _time(what: str, spans: Sequence[Span], began: datetime, *, is_all: bool) -> str:
    """How far a node came; the last of its spans says so, if they are all that it is to do."""
    last = max(spans, key=lambda span: span.end)
    failures = [span for span in spans if span.verdict == "failed"]
    if failures and last.verdict != "passed":
        # What failed first is the cause. A node that was replaced may have failed before, too.
        last = failures[0]
    after = texts.clock((last.end - began).total_seconds())
    if last.verdict == "failed":
        return f"{what}: failed after {after} in '{last.name}'"
    if last.verdict == "passed" and is_all:
        return f"{what}: ready after {after}"
    return f"{what}: not ready; last in '{last.name}'"


def _whole(spans: Sequence[Span]) -> str:
    began, ended = extent(spans)
    return texts.clock((ended - began).total_seconds())


def _failed_phase(spans: Sequence[Span]) -> Span | None:
    """Return the first phase that failed; later failures follow from it."""
    bad = (s for s in spans if s.lane == "job" and s.verdict in {"failed", "interrupted"})
    return min(bad, key=lambda span: span.end, default=None)


def _read_on(failure: Failure, artifacts: Path) -> Iterator[str]:
    folder = "controller" if failure.node == "registration" else failure.node
    names = [f"{folder}/{name}" for name in _OF_NODES] if folder else []
    for name in (*names, *_OF_JOB):
        if (artifacts / name).is_file():
            yield name


def _lines(lines: Sequence[str]) -> str:
    # Mask before cutting: half a secret would not be recognized.
    whole = (SECRETS.mask(" ".join(line.split())) for line in lines)
    return "".join(f"{line[:_LONGEST_LINE]}\n" for line in whole)
