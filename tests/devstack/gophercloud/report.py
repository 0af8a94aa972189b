"""Report: the results of one user's run as JUnit, and as a table of counts."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from job.reports import texts
from tests.devstack.gophercloud.events import Result

VERDICTS = ("passed", "failed", "skipped", "excluded")


def junit(user: str, results: Sequence[Result]) -> str:
    """Return the document: a suite for each package, with a case for each test."""
    root = ET.Element("testsuites", name=f"gophercloud as {user}")
    for package, grouped in groupby(results, key=lambda result: result.package):
        cases = tuple(grouped)
        suite = ET.SubElement(root, "testsuite", name=f"{user}/{package}")
        suite.extend(_case(user, result) for result in cases)
        counts = count(cases)
        suite.set("tests", str(len(cases)))
        suite.set("failures", str(counts["failed"]))
        suite.set("errors", "0")
        suite.set("skipped", str(counts["skipped"] + counts["excluded"]))
        suite.set("time", f"{sum(result.seconds for result in cases):.2f}")
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def count(results: Iterable[Result]) -> dict[str, int]:
    """Return the number of results of each verdict."""
    verdicts = [result.verdict for result in results]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def table(results: dict[str, Sequence[Result]]) -> str:
    """Return a line of counts and seconds for each user and package, and one for each user."""
    lines = [_line("", "", dict(zip(VERDICTS, VERDICTS, strict=True)), "seconds")]
    for user, own in results.items():
        for package, grouped in groupby(own, key=lambda result: result.package):
            cases = tuple(grouped)
            seconds = f"{sum(result.seconds for result in cases):.0f}"
            lines.append(_line(user, package, count(cases), seconds))
        seconds = f"{sum(result.seconds for result in own):.0f}"
        lines.append(_line(user, "all", count(own), seconds))
    return "".join(f"{line}\n" for line in lines)


def _line(user: str, package: str, counts: dict[str, int] | dict[str, str], seconds: str) -> str:
    figures = "".join(f"{counts[verdict]:>10}" for verdict in VERDICTS)
    return f"{user:16}{package:48}{figures}{seconds:>10}".rstrip()


def _case(user: str, result: Result) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=f"{user}/{result.package}",
        name=result.test,
        time=f"{result.seconds:.2f}",
    )
    message, output = texts.xml(result.message), texts.xml(result.output)
    match result.verdict:
        case "failed":
            ET.SubElement(case, "failure", message=message).text = output
        case "skipped":
            ET.SubElement(case, "skipped", message=message)
        case "excluded":
            ET.SubElement(case, "skipped", message=f"excluded: {message}")
    return case
