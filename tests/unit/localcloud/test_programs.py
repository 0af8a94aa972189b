"""Programs: a failure is one line, and a build ends with the process that waits for it."""

import os
import sys

import pytest

from host.processes import Program
from localcloud import programs
from localcloud.errors import LocalcloudError
from tests.patience import FOREVER_S


def python(text):
    return Program(command=[sys.executable, "-c", text], environment=dict(os.environ))


def test_a_program_answers():
    assert programs.run("sh", "-c", "echo yes; echo no >&2") == "yes\n"


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (("sh", "-c", "echo no >&2; exit 3"), "sh -c echo no >&2; exit 3: no"),
        (("sh", "-c", "exit 3"), "sh -c exit 3: exit 3"),
        (("no-such-program",), "no-such-program: no-such-program: it is not installed"),
    ],
    ids=["with a reason", "silently", "missing"],
)
def test_a_failure_is_one_line(command, line):
    with pytest.raises(LocalcloudError) as failed:
        programs.run(*command)

    assert str(failed.value) == line


def test_a_build_is_ended_with_whoever_waits_for_it(tmp_path, monkeypatch):
    """Ctrl-C in the terminal does not reach the build by itself."""
    monkeypatch.setattr(programs, "_PROGRESS_S", 0.05)
    log = tmp_path / "log"

    def interrupt(_elapsed_s):
        if text := log.read_text():
            pids.append(int(text))
            raise KeyboardInterrupt
        return "not yet"

    pids = []
    program = python(f"import os, time; print(os.getpid(), flush=True); time.sleep({FOREVER_S})")
    with pytest.raises(KeyboardInterrupt):
        programs.build(program, log, interrupt, "no build")
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
