"""JUnit: report the job's phases as test cases, for Prow and TestGrid."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from job.reports import texts
from job.reports.timeline import Span, extent

_SUITE = "devstack-job"


def draw_up(spans: Sequence[Span]) -> str:
    """Return the document: one suite with a case for each phase."""
    phases = [span for span in spans if span.lane == "job"]
    suite = ET.Element("testsuite", name=_SUITE)
    for phase in phases:
        suite.append(_case(phase))
    counts = {
        "tests": len(phases),
        "failures": len(suite.findall("*/failure")),
        "errors": len(suite.findall("*/error")),
        "skipped": len(suite.findall("*/skipped")),
    }
    for name, count in counts.items():
        suite.set(name, str(count))
    began, ended = extent(phases)
    suite.set("time", f"{(ended - began).total_seconds():.3f}")
    suite.set("timestamp", f"{began:%Y-%m-%dT%H:%M:%S}")
    ET.indent(suite)
    text = ET.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _case(phase: Span) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=_SUITE,
        name=texts.xml(phase.name),
        time=f"{phase.seconds:.3f}",
    )
    note = texts.xml(phase.note)
    match phase.verdict:
        case "failed":
            ET.SubElement(case, "failure", message=note).text = note
        case "interrupted" | "running":
            # Neither passed nor failed, so report an error.
            message = note or "it did not end"
            ET.SubElement(case, "error", message=message, type=phase.verdict).text = message
        case "skipped":
            ET.SubElement(case, "skipped", message=note)
    return case
