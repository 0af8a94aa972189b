"""Daemon: one for each state folder, found again, and never confused with another process."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud import daemon
from localcloud.errors import LocalcloudError
from localcloud.kind import Kind
from tests.patience import FOREVER_S, PATIENCE_S


@pytest.fixture
def folder(tmp_path):
    """A state folder whose daemon ends with the test."""
    yield tmp_path
    daemon.stop(tmp_path)


def project(running, name):
    """Return the double's answer about a project."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE_S)
    try:
        headers = {"Authorization": "Bearer anything"}
        connection.request("GET", f"/compute/v1/projects/{name}", headers=headers)
        return json.load(connection.getresponse())
    finally:
        connection.close()


def test_it_serves_a_compute_api_and_is_found_again(folder):
    first = daemon.ensure_running(folder, {})

    assert project(first, "capo")["name"] == "capo"
    assert daemon.ensure_running(folder, {}) == first == daemon.find(folder)


def test_it_outlives_the_command_that_started_it(folder):
    code = f"from pathlib import Path; from localcloud import daemon; \
daemon.ensure_running(Path({str(folder)!r}), {{}})"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE_S)

    assert daemon.find(folder) is not None


def test_two_commands_at_once_start_one(folder):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(daemon.ensure_running(folder, {})))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 1


def test_it_ends_when_it_is_told_to(folder):
    running = daemon.ensure_running(folder, {})

    assert daemon.stop(folder)
    assert daemon.find(folder) is None
    assert not daemon.stop(folder)
    with pytest.raises(ConnectionRefusedError):
        project(running, "capo")


def test_after_a_kill_the_next_one_has_the_same_port(folder):
    """The state of stacks contains the port."""
    first = daemon.ensure_running(folder, {})
    os.kill(first.pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while daemon.find(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    second = daemon.ensure_running(folder, {})

    assert second.pid != first.pid
    assert second.port == first.port


def test_a_process_that_got_the_dead_ones_id_is_left_alone(folder):
    """After a crash of the machine, the daemon's file may name any process."""
    stranger = subprocess.Popen(["/bin/sleep", str(FOREVER_S)])
    daemon.announce(folder, daemon.Daemon(pid=stranger.pid, port=1))
    os.utime(folder / "daemon.json", (1, 1))
    try:
        assert daemon.find(folder) is None
        assert not daemon.stop(folder)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_one_that_does_not_answer_is_an_error_with_its_log(folder):
    with subprocess.Popen(["/bin/sleep", str(FOREVER_S)]) as silent:
        daemon.announce(folder, daemon.Daemon(pid=silent.pid, port=1))
        try:
            with pytest.raises(LocalcloudError, match=r"does not answer .* read .*daemon\.log"):
                daemon.ensure_running(folder, {})
        finally:
            silent.kill()
            silent.wait()


def test_one_with_other_mirrors_is_an_error_with_its_remedy(folder):
    """Its nodes would be built from repositories that the person did not name."""
    running = daemon.ensure_running(folder, {})
    daemon.announce(folder, replace(running, mirrors="/first"))
    kind = Kind(machines=True, devstack="real", mirrors=Path("/second"))

    with pytest.raises(LocalcloudError) as refused:
        daemon.ensure_running(folder, {}, kind)

    assert str(refused.value) == (
        "daemon: it runs with /first, not with /second; end it first, by 'make down' or"
        " 'python -m localcloud stop'"
    )
    daemon.ensure_running(folder, {}, replace(kind, mirrors=Path("/first")))
    daemon.ensure_running(folder, {}, replace(kind, mirrors=None))


def test_its_latency_can_be_changed_while_it_runs(folder):
    daemon.ensure_running(folder, {})
    daemon.ensure_running(folder, {"instance": 2.0})

    with pytest.raises(LocalcloudError, match="'nonsense' is no kind"):
        daemon.ensure_running(folder, {"nonsense": 1.0})
