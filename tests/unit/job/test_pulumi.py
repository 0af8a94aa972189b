"""Pulumi: the CLI is run, watched and ended."""

import json
import signal
import time

import pytest

from job import pulumi as module
from job.errors import JobError
from job.pulumi import InterruptedJobError


def test_output_is_shown_on_the_stream_it_came_by(pulumi, cli, capsys):
    cli.answer("up", stdout="to out\n", stderr="to err\n")
    pulumi.run("up", "--yes")

    assert capsys.readouterr() == ("to out\n", "to err\n")
    assert cli.calls == ["up --yes"]


def test_a_failure_is_diagnosed(pulumi, cli, capsys):
    cli.answer("up", stdout="error: the moon is full\n", code=255)

    with pytest.raises(JobError, match="pulumi up: it failed: the moon is full"):
        pulumi.run("up")
    assert "the moon is full" in capsys.readouterr().out


def test_a_killed_cli_is_no_silent_failure(pulumi, cli):
    cli.answer("up", kill=int(signal.SIGKILL))

    with pytest.raises(JobError, match=r"pulumi up: it was killed \(SIGKILL\)"):
        pulumi.run("up")


def test_it_works_in_the_staged_folder_with_the_staged_environment(pulumi, cli):
    (cli.folder / "pulumi").write_text('#!/bin/sh\necho "$PWD $PULUMI_BACKEND_URL"\n')

    assert pulumi.ask("about") == f"{pulumi.stack.folder} {pulumi.stack.backend_url}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_of_two_signals_the_cli_gets_one(pulumi, cli, signalled, number):
    """A second one would make Pulumi drop what it is doing."""
    cli.answer("up", signals=1.0)
    signalled(number, number)
    with pytest.raises(InterruptedJobError, match=number.name) as caught:
        pulumi.run("up")

    assert caught.value.exit_code == 128 + number
    assert json.loads((cli.folder / "signals").read_text()) == [signal.SIGINT]


def test_a_cli_that_does_not_end_is_killed(pulumi, cli, signalled, monkeypatch):
    monkeypatch.setattr(module, "_GRACE_S", 0.2)
    monkeypatch.setattr(module, "_HARD_S", 0.2)
    cli.answer("up", signals=60)
    signalled(signal.SIGTERM)
    started = time.monotonic()
    with pytest.raises(InterruptedJobError):
        pulumi.run("up")

    assert time.monotonic() - started < 10


def test_handlers_are_put_back(pulumi):
    before = signal.getsignal(signal.SIGTERM)
    pulumi.run("up")

    assert signal.getsignal(signal.SIGTERM) == before
