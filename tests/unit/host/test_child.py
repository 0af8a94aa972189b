"""Child: a program is heard, waited for, and ended with all that it started."""

import os
import signal
import sys
import threading
import time

import pytest

from host.child import Child, DeadlineError, Grace, Program
from host.errors import JobError
from tests.patience import PATIENCE_S

QUICK = Grace(soft_s=0.3, hard_s=0.3)


@pytest.fixture
def start(tmp_path):
    """Start a Python program; the lines that it printed are in the child's `heard`."""

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


def alive(pid):
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
    assert not alive(child.pid)


def test_one_that_takes_too_long_is_ended(start, ending):
    child = start("import time; time.sleep(60)")
    with pytest.raises(DeadlineError):
        child.wait(ending, QUICK, timeout_s=0.2)

    assert not alive(child.pid)


def test_one_that_does_not_hear_is_killed_with_what_it_started(start):
    """It says how often it was told: twice."""
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
    until(lambda: not alive(int(child.heard[0])))


def test_what_it_left_behind_ends_with_it(start, ending):
    """A program of the session would go on in a project that is soon somebody else's."""
    child = start("import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)")
    child.wait(ending, QUICK)

    until(lambda: not alive(int(child.heard[0])))
