"""Leased command: as a real process, with real signals, and one release in every case."""

import os
import signal
import subprocess
import sys
import time

import pytest

from host.processes import alive
from job.cli import main
from job.cloud.boskos import command
from job.cloud.boskos.client import LostError
from job.cloud.boskos.lease import Pace
from localcloud.boskos.server import Fault
from tests.patience import PATIENCE_S

# Tells that it began, and ends by a signal at once.
SLEEP = "touch began; sleep 60"


@pytest.fixture
def start(boskos_server, tmp_path):
    """Start `boskos run` of a shell's command, in a folder of the test's own."""
    processes = []

    def begin(script, *flags):
        command = [sys.executable, "-m", "job", "boskos", "run", "--host", boskos_server.host]
        command += ["--heartbeat", "0.1", *flags, "--", "/bin/sh", "-c", f"cd {tmp_path}; {script}"]
        environ = os.environ | {"PROW_JOB_ID": "test", "GOOGLE_PROJECT": "not-this-one"}
        processes.append(
            subprocess.Popen(
                command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def began(eventually, tmp_path):
    """Wait until the command runs."""
    return lambda: eventually((tmp_path / "began").exists)


def end(process):
    """Wait for the end; exit code and both outputs."""
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def test_a_command_that_succeeds(start, boskos_server, state_of):
    variables = "$GCP_PROJECT $GOOGLE_CLOUD_PROJECT $GOOGLE_PROJECT $BOSKOS_RESOURCE_NAME"
    code, out, err = end(start(f"echo {variables}"))

    assert (code, out) == (0, "one one one one\n")
    assert err == "job: leased one as devstack-test\njob: released one\n"
    assert boskos_server.count("release") == 1
    assert state_of("one") == "dirty"


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -9 $$", 137)])
def test_a_command_that_fails(start, boskos_server, script, code):
    assert end(start(script))[0] == code
    assert boskos_server.count("release") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_passed_on_and_the_end_awaited(start, began, boskos_server, number, tmp_path):
    """The lease lasts until the command has cleaned up."""
    script = "trap 'sleep 0.5; touch cleaned; exit 3' TERM INT; touch began; sleep 60 & wait"
    process = start(script)
    began()
    process.send_signal(number)
    code, _, err = end(process)

    assert code == 128 + number
    assert (tmp_path / "cleaned").exists()
    assert f"ended by {number.name}" in err
    assert boskos_server.count("release") == 1


def test_a_signal_does_not_become_a_success(start, began):
    process = start("trap 'exit 0' TERM; touch began; sleep 60 & wait")
    began()
    process.terminate()

    assert end(process)[0] == 143


def test_a_lost_lease_ends_the_command(start, began, boskos_server, tmp_path, state_of):
    process = start("trap 'touch told; exit 0' TERM; touch began; sleep 60 & wait")
    began()
    boskos_server.ranch.put("one", state="busy", owner="other")
    code, _, err = end(process)

    assert code == os.EX_NOPERM
    assert (tmp_path / "told").exists()
    assert "the lease of one was lost" in err
    assert state_of("one") == "busy"
    assert [entry for entry in boskos_server.asked if entry.action == "release"] == []


def test_a_server_that_is_gone_for_a_while_is_survived(
    start, began, boskos_server, eventually, tmp_path
):
    process = start("touch began; while [ ! -e go ]; do sleep 0.05; done")
    began()
    boskos_server.stop()
    time.sleep(0.5)
    boskos_server.start()
    before = boskos_server.count("update")
    eventually(lambda: boskos_server.count("update") > before)
    (tmp_path / "go").touch()
    code, _, err = end(process)

    assert code == 0
    assert "without a heartbeat" in err
    assert boskos_server.count("release") == 1


def test_a_signal_ends_the_waiting(start, boskos_server, eventually, tmp_path):
    for name in ("one", "two"):
        boskos_server.ranch.put(name, state="dirty")
    process = start(SLEEP)
    eventually(lambda: boskos_server.count("acquire", 404) == 2)
    process.terminate()

    assert end(process)[0] == 143
    assert not (tmp_path / "began").exists()
    assert boskos_server.count("release") == 0


def test_a_signal_while_the_server_thinks_gives_the_project_back(
    start, boskos_server, eventually, tmp_path
):
    boskos_server.faults.append(Fault(action="acquire", kind="slow", delay_s=0.5, times=2))
    process = start(SLEEP)
    eventually(lambda: len(boskos_server.faults) == 0 or boskos_server.faults[0].times == 1)
    process.terminate()
    code, _, err = end(process)

    assert code == 143
    assert "ended by SIGTERM before COMMAND" in err
    assert not (tmp_path / "began").exists()
    assert (boskos_server.count("acquire"), boskos_server.count("release")) == (1, 1)


def test_nothing_of_the_command_goes_on_after_the_release(start, tmp_path, eventually):
    """It would work in another job's project."""
    assert end(start("sleep 60 >/dev/null 2>&1 & echo $! > child"))[0] == 0
    child = int((tmp_path / "child").read_text())

    eventually(lambda: not alive(child, written_at=time.time()))


def test_a_command_that_will_not_end_is_killed_when_the_lease_is_lost(boskos_server, tmp_path):
    script = f"trap '' TERM; touch {tmp_path}/began; while :; do sleep 0.2; done"
    asked = command.Request(
        host=boskos_server.host,
        kind="gce-project",
        command=["/bin/sh", "-c", f"cd {tmp_path}; {script}"],
        pace=Pace(heartbeat_s=0.05),
        grace_s=0.2,
    )
    real = boskos_server.ranch.update

    def update(name, state, *rest):
        """Lose it as soon as the command runs."""
        if (tmp_path / "began").exists():
            boskos_server.ranch.put(name, state="busy", owner="other")
        real(name, state, *rest)

    boskos_server.ranch.update = update
    with pytest.raises(LostError, match="was lost"):
        command.run(asked, {"PROW_JOB_ID": "test"})


def test_none_free_has_an_exit_code_of_its_own(boskos_server):
    for name in ("one", "two"):
        boskos_server.ranch.put(name, state="dirty")
    run = ["boskos", "run", "--host", boskos_server.host, "--wait", "0", "--", "true"]

    assert main(run) == os.EX_TEMPFAIL


def test_two_drivers_get_two_projects(start, began, boskos_server):
    process = start(SLEEP)
    began()
    boskos = ["boskos", "run", "--host", boskos_server.host, "--", "true"]

    assert main(boskos) == 0
    process.terminate()
    end(process)
    acquired = [e.parameters["owner"] for e in boskos_server.asked if e.action == "acquire"]
    assert len(set(acquired)) == 2
    assert {item.state for item in boskos_server.ranch.resources()} == {"dirty"}
