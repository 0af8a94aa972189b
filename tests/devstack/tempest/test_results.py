"""Results: what the lines of events.py become."""

import json
from xml.etree import ElementTree as ET

import pytest

from tests.devstack.tempest import results

PASSED = "tempest.api.Class.test_one"


def event(status="success", test=f"{PASSED}[id-1,smoke]", **details):
    return json.dumps(
        {"id": test, "status": status, "began": 10.0, "ended": 12.5, "details": details}
    )


def test_the_attributes_are_not_part_of_the_name():
    assert results.parse(event()) == results.Result(test=PASSED, verdict="passed", seconds=2.5)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("success", "passed"),
        ("xfail", "passed"),
        ("skip", "skipped"),
        ("fail", "failed"),
        ("uxsuccess", "failed"),
        # Its worker died.
        ("inprogress", "failed"),
    ],
)
def test_a_status_becomes_a_verdict(status, verdict):
    assert results.parse(event(status)).verdict == verdict


def test_the_message_of_a_failure_ends_its_traceback():
    line = event("fail", pythonlogging="GET /servers\n", traceback="Traceback:\nBoom: no\n")

    found = results.parse(line)

    assert found.message == "Boom: no"
    assert found.text == "Traceback:\nBoom: no\nGET /servers"


def test_a_failure_without_a_traceback_says_how_it_ended():
    assert results.parse(event("inprogress")).message == "it ended as inprogress"


@pytest.mark.parametrize(
    ("test", "parts"),
    [
        (PASSED, ("tempest.api.Class", "test_one")),
        ("setUpClass (tempest.api.Class)", ("tempest.api.Class", "setUpClass")),
        ("a.Class.test_one(v1.2, x)", ("a.Class", "test_one(v1.2, x)")),
    ],
    ids=["test", "fixture", "scenario"],
)
def test_a_test_has_a_class_and_a_name(test, parts):
    assert results.Result(test=test, verdict="passed", seconds=0).parts == parts


def test_the_summary_counts_verdicts():
    found = [results.parse(event(status)) for status in ("success", "success", "skip", "fail")]

    line = results.summary(found, 61.4)

    assert line == "tempest: 4 run, 2 passed, 1 failed, 1 skipped in 61 s"


def test_junit_has_a_suite_for_each_pass():
    found = [
        results.parse(event()),
        results.parse(event("skip", reason="no backup")),
        results.parse(event("fail", traceback="Boom: \x1b[1mno\n")),
    ]

    root = ET.fromstring(results.junit({"tempest": found, "tempest in testaz1": []}))  # noqa: S314 - we wrote it

    first, second = root
    assert (first.get("name"), first.get("tests")) == ("tempest", "3")
    assert (first.get("failures"), first.get("skipped")) == ("1", "1")
    assert second.get("tests") == "0"
    assert first.find("testcase/skipped").get("message") == "no backup"
    # An escape character cannot be in XML.
    assert first.find("testcase/failure").get("message") == "Boom: [1mno"
