"""Locks: a dead process's lock is removed with a message; other locks are respected."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from host.errors import JobError
from job.cloud.engine.locks import find, release_stale


@pytest.fixture
def lock(pulumi):
    """Write a lock in the format of Pulumi 3.274.1; return its path."""

    def write(pid, *, host=None, since=None):
        folder = pulumi.stack.folder / "backend/.pulumi/locks/organization/devstack/ci"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "9cbef7a2.json"
        content = {
            "pid": pid,
            "username": "root",
            "hostname": host or socket.gethostname(),
            # Pulumi writes nanoseconds.
            "timestamp": since or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.318410211Z"),
        }
        path.write_text(json.dumps(content))
        # The backend writes attributes beside it, in a file that is not a lock.
        (folder / "9cbef7a2.json.attrs").write_text("{}")
        return path

    return write


@pytest.fixture
def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lock_of_a_dead_process_is_removed_with_one_line(pulumi, cli, lock, dead_pid, capsys):
    lock(dead_pid)
    release_stale(pulumi)

    assert cli.calls == ["cancel --yes --stack ci"]
    assert capsys.readouterr().out == f"job: removed the stale lock of dead process {dead_pid}\n"


def test_a_process_younger_than_the_lock_does_not_hold_it(pulumi, cli, lock):
    """Process IDs are reused."""
    lock(os.getpid(), since="2020-01-01T00:00:00Z")
    release_stale(pulumi)

    assert cli.calls == ["cancel --yes --stack ci"]


def test_the_lock_of_a_live_process_is_respected(pulumi, cli, lock):
    path = lock(os.getpid())

    with pytest.raises(JobError, match=f"lock: process {os.getpid()} on .* wait for it"):
        release_stale(pulumi)
    assert path.exists()
    assert not (cli.folder / "calls").exists()


def test_the_lock_of_another_machine_is_respected(pulumi, lock, dead_pid):
    """It is unknown whether that machine's process lives."""
    lock(dead_pid, host="elsewhere")

    with pytest.raises(JobError, match=f"process {dead_pid} on elsewhere"):
        release_stale(pulumi)


def test_without_a_lock_nothing_is_cancelled(pulumi, cli):
    release_stale(pulumi)

    assert not (cli.folder / "calls").exists()


def test_a_backend_that_is_not_of_files_is_left_to_pulumi(pulumi):
    assert find(replace(pulumi.stack, backend_url="gs://bucket")) == []
