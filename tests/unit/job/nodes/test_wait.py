"""Wait: when it ends, and its last message."""

import io
import re
import time

import pytest

from host.ending import EndedError, Ending
from host.errors import JobError, RefusedError
from job.cli import main
from job.nodes import watch
from job.nodes.display import Live
from job.nodes.wait import Options, run
from tests.patience import FOREVER_S
from tests.unit.job.nodes.answers import FAILED, READY, REFUSED, told


@pytest.fixture
def ending():
    made = Ending()
    yield made
    made.close()


@pytest.fixture
def wait(outputs, tmp_path, ending, monkeypatch):
    """Run a wait with short intervals."""
    monkeypatch.setattr(watch, "_INTERVAL_S", 0.05)
    monkeypatch.setattr("job.nodes.wait._LOOK_S", 0.02)

    def start(wanted="all", timeout_s=FOREVER_S, silence_s=FOREVER_S, **changed):
        options = Options(wanted=wanted, timeout_s=timeout_s, silence_s=silence_s)
        run({**outputs, **changed}, tmp_path, options, ending)

    return start


def test_it_ends_when_all_that_is_wanted_is_ready(programs, wait, capsys):
    programs.answer("controller", told(), READY)
    programs.answer("worker", READY)
    programs.answer("registration", told("ready", "registered"))
    wait()

    out = capsys.readouterr().out
    assert "registration: ready\n" in out
    assert all(re.match(r" *\d+:\d\d \w+: ", line) for line in out.splitlines())
    assert "\x1b" not in out


def test_the_controller_alone_is_not_kept_back_by_a_failed_worker(programs, wait, capsys):
    programs.answer("controller", *[told(at=n) for n in range(5)], READY)
    programs.answer("worker", FAILED)
    wait("controller")

    assert "worker: failed in 'stack.sh'" in capsys.readouterr().out


@pytest.mark.parametrize("failing", ["controller", "worker", "registration"])
def test_whatever_fails_ends_the_wait_for_all_at_once(programs, wait, failing):
    programs.answer("controller", READY)
    programs.answer("worker", told())
    programs.answer("registration", told())
    programs.answer(failing, FAILED)

    with pytest.raises(
        JobError, match=rf"{failing}: failed in 'stack.sh' \(infrastructure\): .* no"
    ):
        wait()


def test_it_ends_at_its_deadline_and_says_where_everything_is(programs, wait):
    programs.answer("controller", told(detail="Starting Nova"))
    programs.answer("worker", told("pending", "packages"))
    with pytest.raises(JobError, match="not ready within 1 s: ") as raised:
        wait(timeout_s=1)

    assert "controller: stack.sh, Starting Nova; worker: packages" in str(raised.value)


def test_a_node_that_is_silent_for_too_long_ends_it(programs, wait, monkeypatch):
    """A longer wait has never helped a silent node."""
    monkeypatch.setattr(watch, "_INTERVAL_S", 0.5)
    programs.answer("controller", told(), REFUSED)
    programs.answer("worker", told())
    with pytest.raises(JobError, match=r"controller: no answer .* \(refused\), last heard of"):
        wait(silence_s=10)


def test_a_signal_ends_it(programs, wait, ending):
    programs.answer("controller", told())
    ending.ask(EndedError("ended by SIGTERM", 15))
    with pytest.raises(EndedError):
        wait()


def test_to_wait_for_a_worker_that_is_not_there_is_refused(wait):
    with pytest.raises(RefusedError, match="--for: the stack has no worker"):
        wait("worker", worker_private_ip=None)


@pytest.mark.parametrize("command", ["wait", "logs"])
def test_help_shows_an_example(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert f"example: python -m job {command} --stack ci" in capsys.readouterr().out


def test_a_terminal_has_a_line_a_subject_that_is_written_over(state):
    output = io.StringIO()
    screen = Live(output)
    began = time.monotonic()
    screen.show({"controller": state("controller", stage="packages")}, began)
    screen.say("a change")
    screen.show({"controller": state("controller", stage="stack.sh")}, began)
    screen.close()

    assert shown(output.getvalue()) == ["a change"]
    assert "0:00 controller   stack.sh\n" in output.getvalue()


def shown(text):
    """Return the screen's contents, by the two control codes in use."""
    lines = [""]
    for part in re.findall(r"\x1b\[1A\x1b\[2K|\n|[^\n\x1b]+", text):
        if part.startswith("\x1b"):
            lines[-2:] = [""]
        elif part == "\n":
            lines.append("")
        else:
            lines[-1] += part
    return lines[:-1]
