"""JUnit: phases as test cases, in the form that Prow and TestGrid read."""

from xml.etree import ElementTree as ET

import pytest

from job.reports import junit


@pytest.fixture
def suite(run):
    """Return the report of the run so far."""

    def read():
        return ET.fromstring(junit.draw_up(run.spans))  # noqa: S314 - our own

    return read


@pytest.mark.usefixtures("good_run")
def test_a_case_is_a_phase_with_its_seconds(suite):
    root = suite()

    assert root.tag == "testsuite"
    cases = {case.get("name"): case.get("time") for case in root.findall("testcase")}
    assert cases == {"preflight": "12.000", "up": "108.000", "tests": "2700.000"}
    assert [root.get(name) for name in ("tests", "failures", "errors", "skipped")] == [*"3000"]
    assert (root.get("time"), root.get("timestamp")) == ("4500.000", "2026-11-25T01:00:00")


def test_a_failed_phase_has_its_reason(run, suite):
    run.add("job", "up", 0, 1, "failed", "no room in <us-east4-a> & elsewhere")
    root = suite()

    [failure] = root.findall("testcase/failure")
    assert failure.get("message") == failure.text == "no room in <us-east4-a> & elsewhere"
    assert root.get("failures") == "1"


@pytest.mark.parametrize("verdict", ["interrupted", "running"])
def test_a_phase_that_shows_nothing_is_an_error(run, suite, verdict):
    run.add("job", "tests", 0, None if verdict == "running" else 1, verdict)

    [error] = suite().findall("testcase/error")
    assert (error.get("type"), error.text) == (verdict, "it did not end")


def test_a_phase_that_was_not_needed_is_skipped(run, suite):
    run.add("job", "upload", 0, 0, "skipped", "conformance needs no image")

    assert suite().find("testcase/skipped").get("message") == "conformance needs no image"


def test_what_xml_cannot_hold_is_left_out(run, suite):
    """Prow would show nothing of an invalid file."""
    run.add("job", "up", 0, 1, "failed", "\x1b[31mno\x00\x0b room\ud800")

    assert suite().find("testcase/failure").text == "[31mno room"


def test_a_run_without_phases_is_a_document_too(suite):
    assert suite().get("tests") == "0"
