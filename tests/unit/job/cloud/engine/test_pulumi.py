"""Pulumi: the CLI is run, its output shown, and its end controlled."""

import json
import signal
from dataclasses import replace

import pytest

from host.ending import EndedError, ended_by_signals
from host.errors import JobError
from host.processes import DeadlineError, Grace
from tests.patience import FOREVER_S


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
    """A second signal would make Pulumi abandon its operations."""
    cli.answer("up", signals=1.0)
    signalled(number, number)
    with ended_by_signals() as ending, pytest.raises(EndedError, match=number.name) as caught:
        replace(pulumi, ending=ending).run("up")

    assert caught.value.exit_code == 128 + number
    assert json.loads((cli.folder / "signals").read_text()) == [signal.SIGINT]


def test_a_cli_that_does_not_end_is_killed(pulumi, cli):
    cli.answer("up", signals=FOREVER_S)
    grace = Grace(first=signal.SIGINT, soft_s=0.2, hard_s=0.2)
    with pytest.raises(DeadlineError, match="pulumi up: it did not end within 1 s"):
        replace(pulumi, grace=grace).run("up", timeout_s=1)


def test_nothing_begins_once_the_run_is_to_end(pulumi, cli, ending):
    ending.ask(JobError("the lease is lost"))
    with pytest.raises(JobError, match="the lease is lost"):
        pulumi.run("up")

    assert not (cli.folder / "calls").exists()


def test_lines_go_where_they_are_taken(pulumi, cli, capsys):
    cli.answer("up", stdout="to out\n")
    taken = []
    replace(pulumi, say=taken.append).run("up")

    assert taken == ["to out\n"]
    assert capsys.readouterr().out == ""
