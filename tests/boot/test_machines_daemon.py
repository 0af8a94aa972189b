"""Daemon with machines: `python -m localcloud run --machines`, and the removal of its leftovers."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import yaml

from host.folders import CHECKOUT
from localcloud import daemon
from tests.patience import PATIENCE_S

SHOW = 'readlink /proc/self/ns/net; cat "$DEVSTACK_SETTINGS"'
ASK = """
import os, urllib.request, yaml
config = yaml.safe_load(open(os.environ["DEVSTACK_SETTINGS"]))["config"]
url = config["gcp:computeCustomEndpoint"] + "projects/capo"
request = urllib.request.Request(url, headers={"Authorization": "Bearer any"})
print(urllib.request.urlopen(request, timeout=60).read().decode())
"""


@pytest.fixture
def localcloud(tmp_path):
    """Run `python -m localcloud` to its end, with a state folder of the test; return its output."""

    def run(*words):
        done = subprocess.run(
            [sys.executable, "-m", "localcloud", "--folder", tmp_path, *words],
            cwd=CHECKOUT,
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield run
    daemon.stop(tmp_path)


def test_the_command_runs_where_the_api_is_and_nothing_else(localcloud, tmp_path):
    """Only the job's namespace reaches the nodes, so the command and its settings belong there."""
    namespace, _, settings = localcloud("run", "--machines", "--", "sh", "-c", SHOW).partition("\n")
    answer = json.loads(localcloud("run", "--machines", "--", sys.executable, "-c", ASK))
    interfaces = localcloud("run", "--machines", "--", "ip", "-brief", "link")

    running = daemon.find(tmp_path)
    assert namespace != str(Path("/proc/self/ns/net").readlink())
    assert yaml.safe_load(settings)["config"]["devstack:waitFor"] == "all"
    assert answer["name"] == "capo"
    assert [line.split("@")[0].split()[0] for line in interfaces.splitlines()] == ["lo", "eth0"]
    assert daemon.ask(running, "GET", "inventory") == []

    localcloud("stop", "--machines")

    assert left_of(running.pid) == []


def test_what_a_killed_daemon_left_goes_when_the_next_one_starts(localcloud, tmp_path):
    localcloud("run", "--machines", "--", "true")
    killed = daemon.find(tmp_path)
    os.kill(killed.pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while daemon.find(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = left_of(killed.pid)

    localcloud("run", "--machines", "--", "true")

    assert left != []
    assert left_of(killed.pid) == []
    assert daemon.find(tmp_path).port == killed.port


def left_of(pid):
    """Return the namespaces and folders that belong to the machines of a process."""
    folders = Path("/run/netns"), Path(tempfile.gettempdir())
    names = [path.name for folder in folders for path in folder.iterdir()]
    return [name for name in names if name == f"boot{pid}" or name.startswith(f"boot{pid}-")]
