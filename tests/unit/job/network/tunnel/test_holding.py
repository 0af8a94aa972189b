"""Holding: a whole tunnel, from outputs to its end, with stand-ins for every program."""

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from host.ending import EndedError, ended_by_signals
from host.errors import JobError
from job.network.tunnel.holding import hold
from job.network.tunnel.options import Options
from job.network.tunnel.supervisor import Holder
from tests.patience import PATIENCE_S


@pytest.fixture
def options(service):
    return Options(probe=service, ready_s=PATIENCE_S, interval_s=0.2, restarts=1)


@pytest.fixture
def held(outputs, options, programs, tmp_path):
    """Hold a tunnel until it is ready, then end it by a signal; return its messages."""

    def start(once_ready=lambda: None, **changed):
        said = []
        with ended_by_signals() as ending:
            holder = Holder(ending=ending, say=said.append)
            over = threading.Event()

            def follow():
                deadline = time.monotonic() + PATIENCE_S
                while time.monotonic() < deadline and not over.is_set():
                    if holder.ready.wait(0.02):
                        once_ready()
                        os.kill(os.getpid(), signal.SIGTERM)
                        return

            thread = threading.Thread(target=follow)
            thread.start()
            try:
                environ = {"PATH": str(programs.folder)}
                hold({**outputs, **changed}, tmp_path, options, environ, holder)
            except EndedError:
                return said
            except JobError as error:
                error.add_note("\n".join(said))
                raise
            finally:
                over.set()
                thread.join()

    return start


def read(folder):
    return json.loads((folder / "tunnel.json").read_text())


def test_it_says_ready_and_ends_on_a_signal_with_nothing_left(held, programs, tmp_path):
    records = []
    said = held(lambda: records.append(read(tmp_path)))
    assert said[0] == "tunnel: sshuttle 2.0.0, method nat, to 10.0.3.0/24, 172.24.4.0/24"
    assert said[-2:] == ["tunnel: ready", "tunnel: ended; restarts: 0"]
    assert [(record["supervisor"], record["ready"]) for record in records] == [(os.getpid(), True)]
    assert programs.rules == []
    assert read(tmp_path)["supervisor"] == 0


def test_it_can_be_held_again_by_the_same_process(held):
    """The job does this after it has replaced a silent node."""
    held()
    assert "tunnel: ready" in held()


def test_whoever_holds_it_stays_where_it_is(held):
    """The engine and the suite run in the same process."""

    def surroundings():
        return Path("/proc/self/ns/net").readlink(), dict(os.environ), Path.cwd()

    before, meanwhile = surroundings(), []
    held(lambda: meanwhile.append(surroundings()))
    assert [*meanwhile, surroundings()] == [before, before]


def test_guard_is_there_before_sshuttle(held, programs):
    held()
    names = [json.loads(line) for line in (programs.folder / "calls").read_text().splitlines()]
    begun = next(index for index, call in enumerate(names) if "--remote" in call)
    assert any(call[0] == "iptables-restore" for call in names[:begun])


def test_a_usage_error_is_fatal_at_once(held, programs, tmp_path):
    """If a release of sshuttle dropped an option, retries cannot succeed."""
    programs.put(
        "sshuttle",
        'if "--version" in words: print("2.0.0"); sys.exit(0)\n'
        'sys.exit(print("sshuttle: error: unrecognized arguments: -x", file=sys.stderr) or 2)',
    )
    with pytest.raises(
        JobError, match=r"refuses its options \(exit 2\): .*unrecognized arguments"
    ) as caught:
        held()
    said = "sshuttle: error: unrecognized arguments: -x"
    assert said in caught.value.__notes__[0].splitlines()
    assert (tmp_path / "tunnel.log").read_text() == f"{said}\n"
    assert sum("--remote" in call for call in programs.calls("sshuttle")) == 1
    assert programs.rules == []


def test_sshuttle_that_dies_is_restarted_within_bounds(held, programs):
    programs.put("sshuttle", 'print("2.0.0"); sys.exit(0 if "--version" in words else 99)')
    with pytest.raises(
        JobError, match=r"given up after 1 restarts: sshuttle ended \(99\)"
    ) as caught:
        held()
    assert "restart 1 of 1" in caught.value.__notes__[0]
    assert programs.rules == []


def test_a_process_that_only_has_the_name_survives(held, tmp_path):
    named = tmp_path / "sshuttle"
    named.symlink_to("/bin/sleep")
    stranger = subprocess.Popen([named, "60"])
    try:
        held()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("name", ["tunnel_cidrs", "ssh_private_key"])
def test_a_stack_without_the_outputs_is_refused(held, name):
    with pytest.raises(JobError, match=f"the stack has no '{name}'; run 'up' first"):
        held(**{name: None})
