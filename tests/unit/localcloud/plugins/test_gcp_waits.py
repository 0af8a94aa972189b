"""Gcp: when the real plugin polls an operation and an instance, and how long it sleeps."""

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
    """An operation that is done by then costs no interval, here an hour."""
    gcp.configure(pollInterval="1h")
    assert seconds_of_network(gcp, 0)


def test_an_end_between_two_looks_is_seen_at_the_second(gcp):
    """An operation of half a second takes a whole interval."""
    gcp.configure(pollInterval="3s")
    assert seconds_of_network(gcp, 0.5) >= 3


def test_a_short_interval_sees_an_end_before_the_usual_one_would(gcp):
    """The real plugin's default interval is ten seconds."""
    gcp.configure(pollInterval="100ms")
    assert 0.5 <= seconds_of_network(gcp, 0.5) < 10


class FakeCompute:
    """An API whose instance has these statuses in turn; records the requested sleeps."""

    def __init__(self, *statuses, looks=100):
        self.slept = []
        self._statuses = list(statuses)
        self._looks = looks

    def sleep(self, seconds):
        """Record the seconds."""
        self.slept.append(seconds)

    def expired(self):
        """Return whether the test has polled too often."""
        return len(self.slept) > self._looks

    def run(self, *_, **__):
        """Return the next status; the last one repeats."""
        return {"status": self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]}


def test_a_new_instance_is_looked_at_after_five_seconds(monkeypatch):
    """The delay depends neither on the operation's length nor on the interval."""
    monkeypatch.delenv("LOCALCLOUD_INSTANCE_DELAY_S")
    compute = FakeCompute("RUNNING")
    Instance().complete(compute, PLACE, None)
    assert compute.slept == [5]


def test_an_instance_that_does_not_run_is_looked_at_less_and_less_often(monkeypatch):
    """The longest pause is ten seconds."""
    monkeypatch.delenv("LOCALCLOUD_INSTANCE_DELAY_S")
    compute = FakeCompute(*["STAGING"] * 5, "RUNNING")
    Instance().complete(compute, PLACE, None)
    assert compute.slept == [5, 2, 4, 8, 10, 10]


def test_an_instance_that_never_runs_is_an_error_that_says_how_it_is():
    """The creation was accepted, so the instance is in the state."""
    with pytest.raises(OperationError, match=r"desired status RUNNING.*last state: 'STOPPING'"):
        Instance().complete(FakeCompute("STOPPING", looks=3), PLACE, None)
