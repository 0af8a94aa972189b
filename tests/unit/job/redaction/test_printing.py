"""Printing: everything on standard output and standard error is masked, however it is written."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from job.redaction import printing
from job.redaction.known import SECRETS

ROOT = Path(__file__).parents[4]
CANARY = "canary-0123456789"


@pytest.fixture
def streams(monkeypatch):
    """Mask both streams, as at the start of a process; return the streams behind the mask."""

    def begin():
        made = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "stdout", made[0])
        monkeypatch.setattr(sys, "stderr", made[1])
        printing.mask_standard_streams()
        SECRETS.learn([CANARY])
        return made

    return begin


def test_a_secret_in_two_pieces_is_masked(streams):
    output, errors = streams()
    print("a", CANARY[:5], sep="-", end="")
    print(CANARY[5:], flush=True)
    sys.stderr.writelines([CANARY[:3], CANARY[3:], "\n"])

    assert (output.getvalue(), errors.getvalue()) == ("a-***\n", "***\n")


def test_a_line_without_an_end_is_shown_when_it_is_to_be(streams):
    output, _ = streams()
    print("how far: ", end="")
    before = output.getvalue()
    sys.stdout.flush()

    assert (before, output.getvalue()) == ("", "how far: ")


def test_who_asks_for_secrets_gets_them(streams):
    output, _ = streams()
    print("first")
    printing.print_as_it_is(CANARY)

    assert output.getvalue() == f"first\n{CANARY}\n"


def test_the_stream_is_asked_whether_it_is_a_terminal(streams):
    streams()

    assert not sys.stdout.isatty()


@pytest.mark.parametrize(
    "words",
    [
        ["outputs", "--stack", CANARY.upper()],
        ["up", "--stack", "ci", f"--no-such-option={CANARY}"],
        ["cleanup", f"--no-such-option={CANARY}"],
    ],
)
def test_the_command_line_repeats_no_secret(words):
    """Neither the parser nor an error that quotes its input prints one."""
    done = subprocess.run(
        [sys.executable, "-m", "job", *words],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={"PATH": "/nowhere", "API_KEY": CANARY, "API_TOKEN": CANARY.upper()},
        text=True,
        timeout=60,
    )

    assert done.returncode == 2
    assert "***" in done.stderr
    assert CANARY not in (done.stdout + done.stderr).lower()
