"""Interruptions: after a killed run, `up` completes the stack and `down` leaves nothing."""

import json
import os
import signal
import socket
import subprocess
import time
from datetime import UTC, datetime

import pytest

from tests.patience import PATIENCE_S
from tests.processes import kill_all


def start(cloud, *arguments, **config):
    """Start a job command in a session of its own."""
    return subprocess.Popen(
        cloud.command(*arguments, **config),
        cwd=cloud.checkout,
        env=cloud.variables(),
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_insert(cloud, method):
    """Wait until the API has accepted a request of this method."""
    deadline = time.monotonic() + PATIENCE_S
    while not cloud.operations(method):
        assert time.monotonic() < deadline, f"no {method} within {PATIENCE_S} s"
        time.sleep(0.02)


# The second request of a pair depends on the first, so the two kills hit different phases.
@pytest.mark.parametrize(
    "methods",
    [("networks.insert", "routers.patch"), ("addresses.insert", "instances.insert")],
    ids=" ".join,
)
def test_after_kills_up_completes_and_down_leaves_nothing(cloud, methods):
    """The API accepted a request whose answer the engine never got; `up` must not duplicate it."""
    for method in methods:
        process = start(cloud, "up")
        wait_for_insert(cloud, method)
        kill_all(process)
    cloud.job("up")

    assert cloud.job("preview").changes() == {}
    assert len([path for path in cloud.inventory() if "/instances/" in path]) == 2
    cloud.job("down")
    assert cloud.inventory() == set()


def test_after_a_kill_down_alone_leaves_nothing(cloud):
    """A job may go straight to teardown, without another `up`."""
    process = start(cloud, "up")
    wait_for_insert(cloud, "instances.insert")
    kill_all(process)
    cloud.job("down")

    assert cloud.inventory() == set()


def test_a_killed_down_is_completed_by_the_next(standing):
    process = start(standing, "down")
    wait_for_insert(standing, "instances.delete")
    kill_all(process)
    standing.job("down")

    assert standing.inventory() == set()


def test_a_signal_ends_up_in_order(cloud):
    """Operations under way finish and are recorded in state; the exit code names the signal."""
    for number, method in (
        (signal.SIGINT, "subnetworks.insert"),
        (signal.SIGTERM, "instances.insert"),
    ):
        process = start(cloud, "up")
        wait_for_insert(cloud, method)
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 128 + number

    cloud.job("down")
    assert cloud.inventory() == set()


def lock_of(cloud, pid):
    """Write a lock of this process ID, in the format of the file backend."""
    folder = cloud.staged / "backend/.pulumi/locks/organization/devstack" / cloud.stack
    folder.mkdir(parents=True, exist_ok=True)
    lock = {
        "pid": pid,
        "username": "somebody",
        "hostname": socket.gethostname(),
        "timestamp": datetime.now(UTC).isoformat(),
    }
    (folder / "lock.json").write_text(json.dumps(lock))


def test_a_lock_of_a_live_process_is_respected_and_that_of_a_dead_one_removed(standing):
    """A live process is another run, and two runs at once would undo each other's work."""
    before = standing.inventory()
    lock_of(standing, os.getpid())
    refused = standing.job("down", check=False)

    assert refused.code == 1
    assert f"process {os.getpid()}" in refused.err
    assert standing.inventory() == before

    dead = subprocess.Popen(["true"])
    dead.wait()
    lock_of(standing, dead.pid)
    done = standing.job("down")

    assert f"stale lock of dead process {dead.pid}" in done.out
    assert standing.inventory() == set()
