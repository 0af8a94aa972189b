"""Bounded runc: a container asks for no capability that its host cannot give."""

import json
import os
import subprocess

import pytest

from localcloud.docker import engine
from tests.patience import PATIENCE_S

PROGRAM = engine.__file__.replace("engine.py", "bounded_runc.py")
# No kernel has the second one, so no process may have it.
CAPABILITIES = {"bounding": ["CAP_CHOWN", "CAP_OF_TOMORROW"], "ambient": []}


@pytest.fixture
def bounded_runc(tmp_path):
    """Call it with a runc that prints its arguments; return them."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "runc").write_text('#!/bin/sh\necho "$@"\n')
    (tools / "runc").chmod(0o755)

    def call(*arguments):
        return subprocess.run(
            [PROGRAM, *arguments],
            capture_output=True,
            check=True,
            env={"PATH": f"{tools}:{os.environ['PATH']}"},
            text=True,
            timeout=PATIENCE_S,
        ).stdout.split()

    return call


def test_a_container_gets_what_there_is(bounded_runc, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"process": {"capabilities": CAPABILITIES}, "root": "kept"}))
    arguments = ["--log", "x", "create", "--bundle", str(tmp_path), "name"]

    assert bounded_runc(*arguments) == arguments
    assert json.loads(path.read_text()) == {
        "process": {"capabilities": {"bounding": ["CAP_CHOWN"], "ambient": []}},
        "root": "kept",
    }


def test_so_does_a_command_in_a_container(bounded_runc, tmp_path):
    path = tmp_path / "process.json"
    path.write_text(json.dumps({"capabilities": CAPABILITIES}))
    bounded_runc("exec", "--process", str(path), "name")

    assert json.loads(path.read_text())["capabilities"]["bounding"] == ["CAP_CHOWN"]


def test_other_commands_are_runcs(bounded_runc):
    assert bounded_runc("delete", "--force", "name") == ["delete", "--force", "name"]
