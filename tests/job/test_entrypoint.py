"""Entrypoint: the job under Prow's entrypoint, which forwards signals and has a grace period."""

import os
import signal

import pytest

from tests.job.entrypoint import ABORTED, TIMED_OUT, Entrypoint
from tests.job.test_faults import nothing_is_left


@pytest.fixture
def entrypoint(prow):
    return Entrypoint(folder=prow.folder)


def test_a_jobs_failure_is_prows(prow, entrypoint):
    """For a job that passes, see `test_job.test_its_end_is_prows`."""
    ended = prow.end(prow.start(entrypoint=entrypoint, STANDIN_FAIL="test-e2e"))

    assert (ended.code, entrypoint.marker.read_text()) == (1, "1"), ended.output
    assert ended.output.startswith(entrypoint.log.read_text())
    nothing_is_left(prow, ended)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_aborted_job_is_gone_within_the_grace_period(prow, entrypoint, number):
    """The entrypoint sends SIGINT, immediately followed by the signal that it received."""
    job = prow.start(entrypoint=entrypoint, STANDIN_HANG="test-e2e")
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    os.kill(job.pid, number)
    ended = prow.end(job)

    assert (ended.code, entrypoint.marker.read_text()) == (ABORTED, f"{ABORTED}"), ended.output
    assert "Process gracefully exited before 15m0s grace period" in entrypoint.log.read_text()
    assert "ended by SIGINT" in ended.output
    nothing_is_left(prow, ended)


def test_a_job_that_takes_too_long_is_gone_within_the_grace_period(prow, entrypoint):
    """The time limit may come in any phase; on a busy machine even before the lease."""
    short = Entrypoint(folder=entrypoint.folder, timeout_s=30)
    ended = prow.end(prow.start(entrypoint=short, STANDIN_HANG="test-e2e"))

    assert (ended.code, short.marker.read_text()) == (TIMED_OUT, f"{TIMED_OUT}"), ended.output
    assert "Process gracefully exited before 15m0s grace period" in short.log.read_text()
    assert prow.inventory() == set()
    assert len(prow.releases) == prow.boskos.count("acquire")
