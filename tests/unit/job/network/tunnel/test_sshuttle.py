"""Sshuttle: which program, its arguments, and an end of its own processes only."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from host.errors import JobError
from job.network.tunnel import family
from job.network.tunnel.namespace import Namespace
from job.network.tunnel.sshuttle import Run, arguments, environment, find_program
from job.nodes.ssh import Access
from tests.patience import FOREVER_S, PATIENCE_S


@pytest.fixture
def access():
    return Access(user="cloud", host="203.0.113.10", key=Path("k"), known_hosts=Path("h"))


def test_arguments(access):
    """The complete list: --ttl and --daemon must not be in it."""
    assert arguments(access, ["10.0.3.0/24", "172.24.4.0/24"], "nat", 20123) == [
        *("--remote", "cloud@203.0.113.10"),
        *("--ssh-cmd", access.one_word),
        *("--python", "python3"),
        *("--method", "nat"),
        *("--listen", "0.0.0.0:20123"),
        "--disable-ipv6",
        *("--exclude", "203.0.113.10/32"),
        *("10.0.3.0/24", "172.24.4.0/24"),
    ]


def test_the_pinned_sshuttle_knows_the_arguments(access):
    """sshuttle's own parser reads them, and nothing is started."""
    command = ["-c", "import sys; from sshuttle.options import parser; parser.parse_args()"]
    python = Path(find_program(Namespace())[0]).with_name("python")
    done = subprocess.run(
        [python, *command, *arguments(access, ["10.0.3.0/24"], "nft", 20123)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_of_the_persons_own_takes_part():
    given = {"PATH": "/bin", "SSHUTTLE_ARGS": "-v", "SSH_AUTH_SOCK": "/agent", "HOME": "/h"}
    assert environment(given) == {"PATH": "/bin:/usr/sbin:/sbin", "HOME": "/h"}


def test_sshuttle_of_path_is_found_with_its_version(programs, namespace):
    assert find_program(namespace) == (str(programs.folder / "sshuttle"), "2.0.0")


def test_sshuttle_that_is_too_old_is_refused(programs, namespace):
    """Before 1.1 it dropped packets that had passed a router, such as those of containers."""
    programs.put("sshuttle", 'print("1.0.5")')
    with pytest.raises(JobError, match=r"is 1\.0\.5, too old"):
        find_program(namespace)


def test_broken_sshuttle_is_refused_in_its_own_words(programs, namespace):
    programs.put("sshuttle", 'sys.exit("ModuleNotFoundError: no sshuttle")')
    with pytest.raises(JobError, match="ModuleNotFoundError: no sshuttle"):
        find_program(namespace)


def start(tmp_path, script):
    """Start a stand-in for sshuttle and wait until it is ready."""
    run = Run(Namespace(), ["bash", "-c", f"{script}"], tmp_path / "log")
    deadline = time.monotonic() + PATIENCE_S
    while "ready" not in run.printed:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return run


def test_end_takes_a_helper_in_a_session_of_its_own_along(tmp_path, monkeypatch):
    """sshuttle's firewall helper has its own session, and may hang."""
    monkeypatch.setattr(family, "_GRACE_S", 0.5)
    run = start(tmp_path, f"setsid sleep {FOREVER_S} & sleep 0.2; echo ready; wait")
    run.family.note()
    (helper,) = children(run.child.pid)
    assert os.getsid(helper) == helper

    assert run.end() == []

    assert not _is_running(helper)


def test_end_after_the_program_died_still_ends_what_it_started(tmp_path):
    run = start(tmp_path, f"sleep {FOREVER_S} & echo ready $!; exit 3")
    child = int(run.printed.split()[1])
    deadline = time.monotonic() + PATIENCE_S
    while run.child.running and time.monotonic() < deadline:
        time.sleep(0.02)

    assert (run.end(), run.code) == ([], 3)
    assert not _is_running(child)


def test_complaint_is_of_this_run_only(tmp_path):
    (tmp_path / "log").write_text("of yesterday\n")
    run = start(tmp_path, "echo one; echo ready")
    run.end()
    assert run.complaint == "one; ready"
    assert (tmp_path / "log").read_text() == "of yesterday\none\nready\n"


def test_it_may_be_ended_again(tmp_path):
    """The first call returns how it ended; cleanup may call it again."""
    run = start(tmp_path, "echo ready; exit 4")
    assert (run.end(), run.end(), run.code) == ([], [], 4)


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
