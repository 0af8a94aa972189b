"""Gcp: when the real plugin looks at an operation and at an instance, and how long it sleeps."""

import time

import pytest

from localcloud.plugins.gcp.errors import OperationError
from localcloud.plugins.gcp.links import Place
from localcloud.plugins.gcp.resources.instance import Instance
from tests.unit.localcloud.plugins.gcp_plugin import NETWORK

PLACE = Place(project="p", zone="us-east4-a", name="node")


def seconds_of_network(gcp, operation_s):
    gcp.api.set_latency({"network": operation_s})
    try:
        started = time.monotonic()
        gcp.create(NETWORK, {"name": "timed", "autoCreateSubnetworks": False})
        return time.monotonic() - started
    finally:
        gcp.api.set_latency({"network": 0})


def test_the_first_look_at_an_operation_is_at_once(gcp):
    """One that is done by then costs no interval, which would be longer than a test may take."""
    gcp.configure(pollInterval="1h")
    assert seconds_of_network(gcp, 0)


def test_an_end_between_two_looks_is_seen_at_the_second(gcp):
    """An operation of half a second takes as long as the interval."""
    gcp.configure(pollInterval="3s")
    assert seconds_of_network(gcp, 0.5) >= 3


def test_a_short_interval_sees_an_end_before_the_usual_one_would(gcp):
    """Ten seconds are the real plugin's own interval."""
    gcp.configure(pollInterval="100ms")
    assert 0.5 <= seconds_of_network(gcp, 0.5) < 10


class FakeCompute:
    """Shows an instance in one status after the other, and keeps how long it was to sleep."""

    def __init__(self, *statuses, looks=100):
        self.slept = []
        self._statuses = list(statuses)
        self._looks = looks

    def sleep(self, seconds):
        """Keep it."""
        self.slept.append(seconds)

    def expired(self):
        """Bound the test."""
        return len(self.slept) > self._looks

    def run(self, *_, **__):
        """Show the next status, the last one for ever."""
        return {"status": self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]}


def test_a_new_instance_is_looked_at_after_five_seconds(monkeypatch):
    """However soon its operation was done, and whatever the interval is."""
    monkeypatch.delenv("LOCALCLOUD_INSTANCE_DELAY_S")
    compute = FakeCompute("RUNNING")
    Instance().complete(compute, PLACE, None)
    assert compute.slept == [5]


def test_an_instance_that_does_not_run_is_looked_at_less_and_less_often(monkeypatch):
    """Ten seconds are the longest pause."""
    monkeypatch.delenv("LOCALCLOUD_INSTANCE_DELAY_S")
    compute = FakeCompute(*["STAGING"] * 5, "RUNNING")
    Instance().complete(compute, PLACE, None)
    assert compute.slept == [5, 2, 4, 8, 10, 10]


def test_an_instance_that_never_runs_is_an_error_that_says_how_it_is():
    """The creation was accepted, so it is in state all the same."""
    with pytest.raises(OperationError, match=r"desired status RUNNING.*last state: 'STOPPING'"):
        Instance().complete(FakeCompute("STOPPING", looks=3), PLACE, None)
