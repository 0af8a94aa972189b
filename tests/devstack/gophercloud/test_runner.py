"""Runner: every chosen test gets a result, whatever becomes of its binary."""

from contextlib import closing

import pytest

from host.ending import Ending
from job.redaction.artifacts import Artifacts
from job.redaction.known import SECRETS
from tests.devstack.gophercloud.runner import Runner


@pytest.fixture
def lines():
    return []


@pytest.fixture
def runner(tmp_path, binaries, lines):
    with closing(Ending()) as ending:
        yield Runner(binaries, Artifacts(tmp_path / "artifacts"), ending, lines.append)


def test_the_tests_of_a_package_are_listed_in_their_order(runner):
    assert runner.tests("compute/v2") == ["TestB", "TestA", "TestAvailabilityZonesList"]


def test_a_panic_costs_no_other_test_its_run(runner, behaves, lines):
    behaves("TestA", ("run", ""), ("output", "panic: nil\n"))
    behaves("TestB", ("run", ""), ("pass", ""))

    results = runner.run("capo-e2e", "compute/v2", ["TestA", "TestB"], {"PATH": "/bin"})
    assert [(each.test, each.verdict) for each in results] == [
        ("TestA", "failed"),
        ("TestB", "passed"),
    ]
    assert lines == ["capo-e2e compute/v2.TestB: passed, 0 s"]


def test_tests_that_cannot_begin_have_failed_with_the_reason(runner):
    results = runner.run("capo-e2e", "compute/v2", ["TestA", "TestB"], {"PATH": "/bin"})

    assert [(each.test, each.verdict) for each in results] == [
        ("TestA", "failed"),
        ("TestB", "failed"),
    ]
    assert results[0].message == "it did not begin: cannot run (exit 1)"


def test_the_log_has_the_whole_output_without_a_secret(runner, behaves, tmp_path):
    behaves("TestA", ("run", ""), ("output", "=== RUN TestA\n"), ("output", "pw: s3cretpassword\n"))
    SECRETS.learn(["s3cretpassword"])
    try:
        runner.run("capo-e2e", "compute/v2", ["TestA"], {"PATH": "/bin"})
    finally:
        SECRETS.forget()

    log = tmp_path / "artifacts/capo-e2e/compute-v2.test.log"
    assert log.read_text() == "=== RUN TestA\npw: ***\n"
