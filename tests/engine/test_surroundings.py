"""Surroundings: a person's proxies, options of other programs, and folders with unusual names."""

import json
import os
import socket
import subprocess
import sys

import pytest

from job.cloud.engine.backend import folder_of, url_of

NAME = "a#b c%20?\u00fc'\"$HOME"
DEAD_PROXY = "http://user:secret@127.0.0.1:1"
PLANTED = {
    **dict.fromkeys(["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"], DEAD_PROXY),
    "no_proxy": "",
    "NO_PROXY": "",
    "PULUMI_OPTION_PARALLEL": "many",
    "PULUMI_OPTION_REFRESH": "maybe",
    "PULUMI_PYTHON_CMD": "/nonexistent",
    "PULUMI_STACK": "another",
    "PULUMI_CONFIG": "{",
    "SSH_AUTH_SOCK": "/nonexistent",
    "GIT_DIR": "/nonexistent",
    "VIRTUAL_ENV": "/nonexistent",
    "LC_ALL": "tlh_QO.UTF-8",
}


@pytest.fixture
def cloud(make_cloud, tmp_path):
    """A stack whose folder name contains every special character."""
    folder = tmp_path / NAME
    folder.mkdir()
    cloud = make_cloud(folder)
    cloud.environment = PLANTED
    return cloud


def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_stack_is_made_and_destroyed_in_spite_of_them(cloud):
    """The proxy is dead, so any request through it would fail; local requests bypass it."""
    cloud.job("up")
    assert cloud.state()

    locks = cloud.staged / f"backend/.pulumi/locks/organization/devstack/{cloud.stack}"
    locks.mkdir(parents=True, exist_ok=True)
    content = {
        "pid": dead_pid(),
        "username": "me",
        "hostname": socket.gethostname(),
        "timestamp": "2026-11-25T00:00:00.000000001Z",
    }
    (locks / "1.json").write_text(json.dumps(content))
    again = cloud.job("up")
    assert "removed the stale lock of dead process" in again.out
    assert again.changes() == {}

    cloud.job("down")
    assert cloud.inventory() == set()
    assert not cloud.staged.exists()


@pytest.mark.parametrize("name", ["a b", "#", "?x=y", "100%", "%41", "~", "\u00fc", "a&b;c", "\\"])
def test_the_cli_finds_the_folder_of_any_name(engine, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project/Pulumi.yaml").write_text("{name: p, runtime: python}\n")
    url = url_of(folder)
    done = subprocess.run(
        [engine.cli, "stack", "init", "s", "--non-interactive"],
        capture_output=True,
        check=False,
        cwd=tmp_path / "project",
        env={
            **os.environ,
            **engine.environment,
            "PULUMI_BACKEND_URL": url,
            "PULUMI_CONFIG_PASSPHRASE": "x",
        },
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / ".pulumi/stacks/p/s.json").is_file()
    assert folder_of(url, base=tmp_path) == folder
