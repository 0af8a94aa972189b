"""Docker beside machines that boot: CAPO's suite in it, and its end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from host.folders import CHECKOUT
from localcloud import daemon
from tests.job.packages import cache_with_packages
from tests.patience import FOREVER_S, PATIENCE_S

CAPO = Path(__file__).parent / "capo"
BUSYBOX = str(Path(shutil.which("busybox") or "busybox").resolve())
CGROUPS = Path("/sys/fs/cgroup")
API, FLOATING = "http://10.0.3.15/identity/v3", "http://172.24.4.1/"
# The job's namespace has no way to the servers of these settings.
SETTINGS = {"devstack:ovnFromSource": False, "devstack:amphoraImageUrl": ""}
HOLD_A_CONTAINER = f"""
tar -C "$(dirname "$1")" -c "$(basename "$1")" | docker import - held >/dev/null
docker run --detach --privileged held /busybox sleep {FOREVER_S} >/dev/null
echo $$
exec sleep {FOREVER_S}
"""


@pytest.fixture
def start(tree, tmp_path):  # noqa: ARG001 - the tree is built before a time limit counts
    """Start a command with an engine of its own; the cloud ends with the test."""
    settings = tmp_path / "Pulumi.test.yaml"
    settings.write_text(yaml.safe_dump({"config": SETTINGS}))
    started = []

    def run(*command, **variables):
        options = ("--machines", "--docker", "--settings", settings)
        localcloud = [sys.executable, "-m", "localcloud", "--folder", tmp_path / "cloud"]
        process = subprocess.Popen(
            [*localcloud, "run", *options, "--", *command],
            cwd=CHECKOUT,
            env={**os.environ, **variables},
            stderr=subprocess.STDOUT,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
    daemon.stop(tmp_path / "cloud")


def test_capos_suite_reaches_the_cloud_from_a_container(start, tmp_path):
    """The script that Prow calls, the real Docker, and a container as kind makes it."""
    cache = cache_with_packages(tmp_path / "cache")
    process = start(
        *("env", f"DEVSTACK_CACHE_DIR={cache}", "scripts/ci-e2e.sh", str(CAPO)),
        ARTIFACTS=str(tmp_path / "artifacts"),
        ASK=f"{API} {FLOATING}",
        BUSYBOX=BUSYBOX,
        DEVSTACK_STATE_DIR=str(tmp_path / "state"),
        PYTHON=sys.executable,
    )
    output, _ = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0, output
    assert f"suite: {API} answers" in output
    assert f"suite: {FLOATING} answers" in output
    assert "MB) is on the controller" in output
    assert left_of(process.pid) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_container_outlives_an_interrupted_run(start, number):
    """Nor does the engine, whose own processes nobody could name afterwards."""
    process = start("bash", "-c", HOLD_A_CONTAINER, "bash", BUSYBOX)
    lines = iter(process.stdout.readline, "")
    command = next(int(line) for line in lines if line.strip().isdigit())
    running = left_of(process.pid)
    process.send_signal(number)
    process.wait(timeout=PATIENCE_S)
    if number == signal.SIGKILL:
        os.kill(command, number)  # its parent could not
    deadline = time.monotonic() + PATIENCE_S
    while (left := left_of(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.2)

    assert {"control group", "engine", "container"} <= set(running)
    assert left == []


def left_of(pid):
    """Return the kinds of things that are left of the engine of process `pid`."""
    name = f"boot{pid}-docker"
    # Version 1 of control groups has a hierarchy for each resource.
    groups = [path for path in (CGROUPS / name, *CGROUPS.glob(f"*/{name}")) if path.is_dir()]
    # Unlike a glob, a walk does not mind that its folders vanish.
    below = [folder for group in groups for _, folders, _ in os.walk(group) for folder in folders]
    commands = [read(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
    found = {
        "control group": groups,
        "container": below,
        "engine": [command for command in commands if name in command],
    }
    return [kind for kind, things in found.items() if things]


def read(path):
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""  # the process has ended
