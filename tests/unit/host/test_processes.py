"""Processes: start, output, wait and end of a program, and the check of a file's writer."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from host.errors import JobError
from host.processes import (
    MISSING,
    TIMED_OUT,
    Child,
    DeadlineError,
    Grace,
    Program,
    alive,
    ask,
)
from tests.patience import FOREVER_S, PATIENCE_S

QUICK = Grace(soft_s=0.3, hard_s=0.3)


@pytest.fixture
def start(tmp_path):
    """Start a Python program; the child's `heard` has the lines that it printed."""

    def begin(text, **options):
        heard = []
        program = Program(
            command=[sys.executable, "-c", text],
            environment=dict(os.environ),
            folder=tmp_path,
            **options,
        )
        child = Child(program, heard.append)
        child.heard = heard
        return child

    return begin


def until(claim):
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_is_heard_and_its_exit_code_is_told(start, ending):
    child = start("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")

    assert child.wait(ending, QUICK) == 3
    assert sorted(child.heard) == ["err\n", "out\n"]


def test_a_nice_one_is_nice(start, ending):
    child = start("import os; print(os.nice(0))", nice=7)
    child.wait(ending, QUICK)

    assert child.heard == [f"{min(os.nice(0) + 7, 19)}\n"]


def test_when_the_run_ends_it_is_ended_first(start, ending):
    child = start("import time; print('on', flush=True); time.sleep(60)")
    until(lambda: child.heard)
    threading.Timer(0.1, ending.ask, [JobError("enough")]).start()

    with pytest.raises(JobError, match="enough"):
        child.wait(ending, QUICK)
    assert not exists(child.pid)


def test_one_that_takes_too_long_is_ended(start, ending):
    child = start("import time; time.sleep(60)")
    with pytest.raises(DeadlineError):
        child.wait(ending, QUICK, timeout_s=0.2)

    assert not exists(child.pid)


def test_one_that_does_not_hear_is_killed_with_what_it_started(start):
    """It prints each signal that it gets: two before SIGKILL."""
    child = start(
        "import signal, subprocess, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('told', flush=True))\n"
        "print(subprocess.Popen(['sleep', '60']).pid, flush=True)\n"
        "deadline = time.monotonic() + 60\n"
        "while time.monotonic() < deadline: time.sleep(1)"
    )
    until(lambda: child.heard)
    code = child.end(QUICK)

    assert code == -signal.SIGKILL
    assert child.heard[1:] == ["told\n", "told\n"]
    until(lambda: not exists(int(child.heard[0])))


def test_what_it_left_behind_ends_with_it(start, ending):
    """A surviving process would go on in a project that another job soon leases."""
    child = start("import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)")
    child.wait(ending, QUICK)

    until(lambda: not exists(int(child.heard[0])))


def test_one_that_was_killed_is_reaped_once(start):
    child = start("import time; time.sleep(60)")

    assert child.running
    assert child.kill() == child.kill() == -signal.SIGKILL
    assert not child.running


def test_output_may_go_to_files(tmp_path):
    """A pipe may fill up, or stay open in a process that outlives the program."""
    text = "import sys; print('out'); print('err', file=sys.stderr)"
    program = Program(command=[sys.executable, "-c", text], environment=dict(os.environ))
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        assert Child(program, out.fileno(), err.fileno()).wait() == 0

    assert (tmp_path / "out").read_text() == "out\n"
    assert (tmp_path / "err").read_text() == "err\n"


def shell(text):
    return Program(command=["/bin/sh", "-c", text], environment=dict(os.environ))


def test_an_answer_has_both_streams_and_the_exit_code(ending):
    answer = ask(shell("echo out; echo err >&2; exit 3"), ending, timeout_s=PATIENCE_S)

    assert (answer.code, answer.output, answer.errors) == (3, "out\n", "err\n")
    assert answer.complaint == "err"


def test_a_program_that_is_not_installed_is_no_crash():
    program = replace(shell(""), command=["no-such-program"])
    answer = ask(program, timeout_s=PATIENCE_S)

    assert answer.code == MISSING
    assert answer.complaint == "no-such-program: it is not installed"


def test_a_file_that_is_no_program_is_no_crash(tmp_path):
    broken = tmp_path / "broken"
    broken.write_bytes(b"\0")
    broken.chmod(0o755)
    answer = ask(replace(shell(""), command=[broken]), timeout_s=PATIENCE_S)

    assert answer.code == MISSING
    assert answer.complaint == f"{broken}: Exec format error"


def test_a_late_answer_is_none(tmp_path):
    """The program's child processes are ended, too."""
    text = f"sleep {FOREVER_S} & echo $! >{tmp_path}/pid; wait"
    answer = ask(shell(text), timeout_s=1)

    assert (answer.code, answer.complaint) == (TIMED_OUT, "no answer after 1 s")
    until(lambda: not exists(int((tmp_path / "pid").read_text())))


def test_no_answer_is_waited_for_once_the_run_is_to_end(ending):
    ending.ask(JobError("enough"))

    with pytest.raises(JobError, match="enough"):
        ask(shell(f"sleep {FOREVER_S}"), ending, timeout_s=PATIENCE_S)


def test_a_process_that_wrote_after_its_start_is_alive():
    assert alive(os.getpid(), written_at=time.time())


def test_an_id_that_was_given_to_a_younger_process_is_not_its_writer():
    assert not alive(os.getpid(), written_at=time.time() - 24 * 3600)


def test_a_process_that_ended_is_not_alive():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    assert not alive(process.pid, written_at=time.time())


def test_a_process_that_nobody_has_waited_for_is_not_alive():
    """A daemon's parent may be a command that never reaps it."""
    orphan = subprocess.Popen(["/bin/sh", "-c", "exit 0"])
    deadline = time.monotonic() + PATIENCE_S
    while alive(orphan.pid, written_at=time.time()) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert not alive(orphan.pid, written_at=time.time())
    assert orphan.wait() == 0


def test_a_process_of_somebody_else_is_alive(monkeypatch):
    """A process that may not be signalled exists all the same."""

    def refuse(_pid, _number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)

    assert alive(os.getpid(), written_at=time.time())
