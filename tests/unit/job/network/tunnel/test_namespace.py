"""Namespace: commands in a network namespace, with a time limit."""

import sys
from pathlib import Path

import pytest

from host.errors import JobError
from host.processes import Answer
from job.network.tunnel.namespace import Namespace
from tests.patience import FOREVER_S


def test_a_slow_command_gets_its_text_once():
    """The loop polls a slow command several times."""
    script = "import sys, time; time.sleep(0.5); print(sys.stdin.read())"
    answer = Namespace().run(sys.executable, "-c", script, text="rules")
    assert answer == Answer(code=0, output="rules\n")


def test_a_command_without_end_is_ended_with_all_it_started():
    answer = Namespace().run("sh", "-c", f"sleep {FOREVER_S} & sleep {FOREVER_S}", timeout_s=0.3)
    assert answer.code == 124
    assert answer.complaint == "sh: no end after 0 s"


def test_an_ending_ends_a_command(ending):
    ending.ask(JobError("enough"))
    with pytest.raises(JobError, match="enough"):
        Namespace().run("sleep", str(FOREVER_S), ending=ending)


def test_a_missing_command_is_an_answer():
    answer = Namespace().run("no-such-command")
    assert (answer.code, answer.complaint) == (127, "no-such-command: No such file or directory")


def test_inside_enters_the_network_only():
    """Files and programs are those of the job."""
    assert Namespace(path=Path("/proc/1/ns/net")).inside("nft", "list") == [
        *("nsenter", "--net=/proc/1/ns/net", "--", "nft", "list")
    ]
