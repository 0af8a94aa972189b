"""Processes: a file's writer is told from a later process with the same id."""

import os
import subprocess
import sys
import time

from host.processes import alive
from tests.patience import PATIENCE_S


def test_a_process_that_wrote_after_its_start_is_alive():
    assert alive(os.getpid(), written_at=time.time())


def test_an_id_that_was_given_to_a_younger_process_is_not_its_writer():
    assert not alive(os.getpid(), written_at=time.time() - 24 * 3600)


def test_a_process_that_ended_is_not_alive():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    assert not alive(process.pid, written_at=time.time())


def test_a_process_that_nobody_has_waited_for_is_not_alive():
    """A daemon's parent may be a command that never looks at it."""
    orphan = subprocess.Popen(["/bin/sh", "-c", "exit 0"])
    deadline = time.monotonic() + PATIENCE_S
    while alive(orphan.pid, written_at=time.time()) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert not alive(orphan.pid, written_at=time.time())
    assert orphan.wait() == 0


def test_a_process_of_somebody_else_is_alive(monkeypatch):
    """Whether it may be signalled says nothing."""

    def refuse(_pid, _number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)

    assert alive(os.getpid(), written_at=time.time())
