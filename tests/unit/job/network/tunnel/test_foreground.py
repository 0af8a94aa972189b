"""Command: from outputs to an end, with stand-ins for everything that it runs."""

import json
import os
import signal
import subprocess
import threading
import time

import pytest

from host.errors import JobError, RefusedError
from job.cli import main
from job.network.tunnel import foreground
from job.network.tunnel.foreground import Options, refuse, run, stopped_by_signals
from job.network.tunnel.supervisor import Limits
from tests.patience import PATIENCE_S


@pytest.fixture
def options(service):
    limits = Limits(ready_s=PATIENCE_S, interval_s=0.2, restarts=1)
    return Options(netns=None, probe=service, probe_from=None, probe_bridge=None, limits=limits)


@pytest.fixture
def hold(outputs, options, programs, tmp_path):
    """Run it; `once_ready` is called with the record when the tunnel is ready, then it is ended."""

    def start(once_ready=lambda _record: None, **changed):
        environ = {"PATH": str(programs.folder)}
        with stopped_by_signals() as stop:

            def follow():
                deadline = time.monotonic() + PATIENCE_S
                while time.monotonic() < deadline and not stop.is_set():
                    if (record := read(tmp_path)) and record["ready"]:
                        once_ready(record)
                        os.kill(os.getpid(), signal.SIGTERM)
                        return
                    time.sleep(0.02)

            thread = threading.Thread(target=follow)
            thread.start()
            try:
                run({**outputs, **changed}, tmp_path, options, environ, stop)
            finally:
                stop.set()
                thread.join()

    return start


def read(folder):
    try:
        return json.loads((folder / "tunnel.json").read_text())
    except FileNotFoundError:
        return None


def test_it_says_ready_and_ends_on_a_signal_with_nothing_left(hold, programs, tmp_path, capsys):
    hold()
    printed = capsys.readouterr().out
    assert "tunnel: sshuttle 2.0.0, method nat, to 10.0.3.0/24, 172.24.4.0/24\n" in printed
    assert "tunnel: ready\n" in printed
    assert programs.rules == []
    assert read(tmp_path)["supervisor"] == 0


def test_guard_is_there_before_sshuttle(hold, programs):
    hold()
    names = [json.loads(line) for line in (programs.folder / "calls").read_text().splitlines()]
    begun = next(index for index, call in enumerate(names) if "--remote" in call)
    assert any(call[0] == "iptables-restore" for call in names[:begun])


def test_a_usage_error_is_fatal_at_once(hold, programs, capsys):
    """An option that a release dropped: a wait cannot bring it back."""
    programs.put(
        "sshuttle",
        'if "--version" in words: print("2.0.0"); sys.exit(0)\n'
        'sys.exit(print("sshuttle: error: unrecognized arguments: -x", file=sys.stderr) or 2)',
    )
    with pytest.raises(JobError, match=r"refuses its options \(exit 2\): .*unrecognized arguments"):
        hold()
    assert "unrecognized arguments: -x" in capsys.readouterr().err
    assert sum("--remote" in call for call in programs.calls("sshuttle")) == 1
    assert programs.rules == []


def test_sshuttle_that_dies_is_restarted_within_bounds(hold, programs, capsys):
    programs.put("sshuttle", 'print("2.0.0"); sys.exit(0 if "--version" in words else 99)')
    with pytest.raises(JobError, match=r"given up after 1 restarts: sshuttle ended \(99\)"):
        hold()
    assert "restart 1 of 1" in capsys.readouterr().out
    assert programs.rules == []


def test_a_process_that_only_has_the_name_survives(hold, tmp_path):
    named = tmp_path / "sshuttle"
    named.symlink_to("/bin/sleep")
    stranger = subprocess.Popen([named, "60"])
    try:
        hold()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("name", ["tunnel_cidrs", "ssh_private_key"])
def test_a_stack_without_the_outputs_is_refused(hold, name):
    with pytest.raises(JobError, match=f"the stack has no '{name}'; run 'up' first"):
        hold(**{name: None})


def test_it_needs_root(options, monkeypatch):
    monkeypatch.setattr(foreground.os, "geteuid", lambda: 1000)
    with pytest.raises(RefusedError, match="routing needs root; example: sudo"):
        refuse(options, {})


@pytest.mark.parametrize("flag", ["--netns", "--probe-from"])
def test_a_namespace_that_is_not_there_is_refused(flag, monkeypatch, capsys):
    monkeypatch.setattr(foreground.os, "geteuid", lambda: 0)
    assert main(["tunnel", "--stack", "ci", flag, "/nonexistent"]) == 2
    assert capsys.readouterr().err == f"{flag}: there is no /nonexistent\n"


@pytest.mark.parametrize("given", ["10.0.3.15", "host:port", "80"])
def test_probe_is_an_address_and_a_port(given, capsys):
    with pytest.raises(SystemExit):
        main(["tunnel", "--stack", "ci", "--probe", given])
    assert "is not HOST:PORT, such as 10.0.3.15:80" in capsys.readouterr().err
