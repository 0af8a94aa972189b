"""Results: the finished tests of a run, their count and their JUnit report."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from job.reports import texts

# Every other status is a failure.
_VERDICTS = {"success": "passed", "xfail": "passed", "skip": "skipped"}
# Class-level fixtures, which are reported only if they fail or skip the whole class.
_FIXTURE = re.compile(r"(?P<fixture>(?:setUp|tearDown)(?:Class|Module)) \((?P<class>.+)\)")
_ATTRIBUTES = re.compile(r"\[[^][]*\]")
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True, kw_only=True)
class Result:
    """A finished test, or a fixture of a class."""

    test: str
    """The ID without its attributes, such as `tempest.api.compute.Class.test_name`."""
    verdict: str
    """`passed`, `failed` or `skipped`."""
    seconds: float
    message: str = ""
    """The reason of a skip, or the last line of a failure's traceback."""
    text: str = ""
    """The traceback and the end of the log of a failure."""

    @property
    def parts(self) -> tuple[str, str]:
        """The class, and the name in it."""
        if fixture := _FIXTURE.fullmatch(self.test):
            return fixture["class"], fixture["fixture"]
        # Scenarios in parentheses are part of the name.
        head, parenthesis, scenario = self.test.partition("(")
        owner, _, name = head.rpartition(".")
        return owner, name + parenthesis + scenario


def parse(line: str) -> Result:
    """Return the result in a line of `events.py`."""
    event = json.loads(line)
    status = event["status"]
    verdict = _VERDICTS.get(status, "failed")
    details = event["details"]
    message = text = ""
    if verdict == "skipped":
        message = details.get("reason", "").strip()
    elif verdict == "failed":
        found = [details[name].strip() for name in sorted(details, key=_order)]
        found = [each for each in found if each] or [f"it ended as {status}"]
        message = found[0].splitlines()[-1]
        text = "\n".join(each[-_MOST_CHARACTERS:] for each in found)
    began, ended = event["began"], event["ended"]
    return Result(
        test=_ATTRIBUTES.sub("", event["id"]),
        verdict=verdict,
        seconds=ended - began if began and ended else 0.0,
        message=message,
        text=text,
    )


def _order(detail: str) -> tuple[bool, str]:
    """Put tracebacks before logs."""
    return not detail.startswith("traceback"), detail


def count(results: Iterable[Result]) -> Counter[str]:
    return Counter(result.verdict for result in results)


def summary(results: Sequence[Result], seconds: float) -> str:
    """Return the line that a run ends with."""
    found = count(results)
    numbers = ", ".join(f"{found[each]} {each}" for each in ("passed", "failed", "skipped"))
    return f"tempest: {len(results)} run, {numbers} in {seconds:.0f} s"


def junit(suites: dict[str, Sequence[Result]]) -> str:
    """Return the document, with a suite for each pass of the tests."""
    root = ET.Element("testsuites")
    for name, results in suites.items():
        found = count(results)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=name,
            tests=str(len(results)),
            failures=str(found["failed"]),
            skipped=str(found["skipped"]),
            errors="0",
            time=f"{sum(result.seconds for result in results):.3f}",
        )
        for result in results:
            _add_case(suite, result)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _add_case(suite: ET.Element, result: Result) -> None:
    owner, name = map(texts.xml, result.parts)
    case = ET.SubElement(
        suite, "testcase", classname=owner, name=name, time=f"{result.seconds:.3f}"
    )
    message = texts.xml(result.message)
    if result.verdict == "failed":
        ET.SubElement(case, "failure", message=message).text = texts.xml(result.text)
    elif result.verdict == "skipped":
        ET.SubElement(case, "skipped", message=message)
