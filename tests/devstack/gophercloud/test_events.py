"""Events: what became of each test, by the events of Go's test2json."""

import json

import pytest

from tests.devstack.gophercloud.events import Events


@pytest.fixture
def fed():
    """Feed events in their short form, (action, test, output or seconds)."""

    def feed(*events):
        found = Events("compute/v2")
        ended = []
        for action, test, more in events:
            event = {"Action": action, "Package": "compute/v2"} | ({"Test": test} if test else {})
            event |= {"Output": more} if action == "output" else {"Elapsed": more} if more else {}
            ended.append(found.feed(json.dumps(event)))
        return found, [name for name in ended if name]

    return feed


def test_a_test_has_its_verdict_its_seconds_and_its_own_output(fed):
    found, ended = fed(
        ("start", "", None),
        ("run", "TestGood", None),
        ("output", "TestGood", "=== RUN   TestGood\n"),
        ("output", "TestGood", "    servers_test.go:20: made\n"),
        ("output", "TestGood", "--- PASS: TestGood (2.50s)\n"),
        ("pass", "TestGood", 2.5),
        ("run", "TestBad", None),
        ("output", "TestBad", "    servers_test.go:30: no host\n"),
        ("fail", "TestBad", 1),
        ("run", "TestOther", None),
        ("output", "TestOther", "    conditions.go:20: must be admin\n"),
        ("skip", "TestOther", None),
        ("fail", "", 3.5),
    )

    good, bad, other = found.results(["TestGood", "TestBad", "TestOther"])
    assert ended == ["TestGood", "TestBad", "TestOther"]
    assert (good.verdict, good.seconds) == ("passed", 2.5)
    assert good.output == "    servers_test.go:20: made\n"
    assert (bad.verdict, bad.message) == ("failed", "servers_test.go:30: no host")
    assert (other.verdict, other.message) == ("skipped", "conditions.go:20: must be admin")


def test_a_subtest_is_a_part_of_its_test(fed):
    found, ended = fed(
        ("run", "TestAll", None),
        ("run", "TestAll/one", None),
        ("output", "TestAll/one", "wrong\n"),
        ("fail", "TestAll/one", 1),
        ("fail", "TestAll", 2),
    )

    [result] = found.results(["TestAll"])
    assert ended == ["TestAll"]
    assert (result.verdict, result.seconds, result.output) == ("failed", 2, "wrong\n")


def test_a_test_that_began_and_did_not_end_has_failed_with_the_panic_as_its_output(fed):
    found, ended = fed(
        ("run", "TestHangs", None),
        ("output", "TestHangs", "waiting\n"),
        ("output", "", "panic: test timed out after 3h\n"),
        ("fail", "", 9),
    )

    [result] = found.results(["TestHangs", "TestNext"])
    assert not ended
    assert result.verdict == "failed"
    assert result.output == "waiting\npanic: test timed out after 3h\nit began and did not end"


def test_the_message_of_a_failure_is_its_reason_without_colours_and_not_the_clean_up(fed):
    found, _ = fed(
        ("run", "TestPorts", None),
        ("output", "TestPorts", "    a.go:56: \x1b[1;31mFailure in a.go: got 403\x1b[0m\n"),
        ("output", "TestPorts", "    b.go:532: Deleted network: 1\n"),
        ("fail", "TestPorts", 1),
    )

    [result] = found.results(["TestPorts"])
    assert result.message == "a.go:56: Failure in a.go: got 403"
