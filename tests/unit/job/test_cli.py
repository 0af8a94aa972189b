"""Command line: which calls of Pulumi each command makes, and its exit code."""

import json
import os
from pathlib import Path

import pytest

from job import cli as module
from job.cli import main
from job.cloud.stack import CHECKOUT

LOOKS = ("version", "stack ls", "stack export", "stack select")


@pytest.fixture(autouse=True)
def _environment(environ, monkeypatch):
    for name in list(os.environ):
        if name.startswith(("PULUMI_", "DEVSTACK_")):
            monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def acts(cli):
    """Return Pulumi's calls that change something."""

    def give():
        return [call for call in cli.calls if not call.startswith(LOOKS)]

    return give


@pytest.fixture
def existing(cli):
    """A stack `ci` that was created before."""
    cli.answer("stack ls", stdout='[{"name": "organization/devstack/ci"}]')
    assert main(["preview", "--stack", "ci"]) == 0
    (cli.folder / "calls").unlink()


def test_up_makes_the_stack_and_updates_it_without_a_question(cli, acts):
    assert main(["up", "--stack", "ci"]) == 0
    assert "stack select ci --create --secrets-provider passphrase" in cli.calls
    assert acts() == ["up --yes --skip-preview --stack ci"]


def test_preview_changes_nothing_and_hands_over_flags(acts):
    assert main(["preview", "--stack", "ci", "--", "--expect-no-changes"]) == 0
    assert acts() == ["preview --stack ci --expect-no-changes"]


@pytest.mark.usefixtures("existing")
def test_down_destroys_all_it_can_and_forgets_the_stack(acts, environ):
    assert main(["down", "--stack", "ci"]) == 0
    assert acts() == ["destroy --yes --skip-preview --continue-on-error --remove --stack ci"]
    assert not Path(environ["DEVSTACK_STATE_DIR"], "stacks/ci").exists()


def test_down_of_nothing_says_so_and_succeeds(monkeypatch, capsys):
    """It does not need the CLI either: a job's teardown always runs it."""
    monkeypatch.setenv("PATH", "/nonexistent")

    assert main(["down", "--stack", "ci"]) == 0
    assert capsys.readouterr().out == "job: stack ci does not exist; there is nothing to destroy\n"


@pytest.mark.usefixtures("existing")
def test_outputs_are_json_with_secrets_masked(cli, capsys):
    cli.answer("stack output", stdout='{"a": "[secret]"}')

    assert main(["outputs", "--stack", "ci"]) == 0
    assert json.loads(capsys.readouterr().out) == {"a": "[secret]"}
    assert "stack output --json --stack ci" in cli.calls


@pytest.mark.usefixtures("existing")
def test_secrets_are_shown_on_demand_only(cli):
    cli.answer("stack output", stdout="{}")
    main(["outputs", "--stack", "ci", "--show-secrets"])

    assert "stack output --json --stack ci --show-secrets" in cli.calls


@pytest.mark.parametrize("command", ["outputs", "e2e-files"])
def test_what_needs_a_stack_says_that_there_is_none(command, capsys, environ, tmp_path):
    flags = ["--dir", str(tmp_path)] if command == "e2e-files" else []

    assert main([command, "--stack", "ci", *flags]) == 1
    assert capsys.readouterr().err == "--stack: ci does not exist; run 'up' first\n"
    assert not Path(environ["DEVSTACK_STATE_DIR"]).exists()


def test_a_refused_configuration_ends_with_2(cli, capsys):
    cli.answer("up", code=1, stdout="  error: devstack:mtu: 9000; choose 1460\n")

    assert main(["up", "--stack", "ci"]) == 2
    assert capsys.readouterr().err == "devstack:mtu: 9000; choose 1460\n"


def test_a_failure_ends_with_1(cli):
    cli.answer("up", code=255, stdout="error: no\n")

    assert main(["up", "--stack", "ci"]) == 1


def test_a_bug_keeps_its_traceback(monkeypatch):
    def broken(*_given):
        raise ZeroDivisionError

    monkeypatch.setattr(module.commands, "connect", broken)

    with pytest.raises(ZeroDivisionError):
        main(["up", "--stack", "ci"])


@pytest.mark.parametrize(
    "command",
    [
        *("e2e", "conformance", "preflight", "up", "wait", "tunnel", "logs", "down", "cleanup"),
        *("preview", "refresh", "outputs", "e2e-files"),
    ],
)
def test_its_help_shows_an_example(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    example = " ".join(capsys.readouterr().out.split()).partition("example")[2]

    assert ended.value.code == 0
    assert f"python -m job {command} " in example


def test_the_checkout_stays_as_it_is():
    before = sorted(path.name for path in CHECKOUT.iterdir())
    main(["up", "--stack", "ci"])

    assert sorted(path.name for path in CHECKOUT.iterdir()) == before


def test_a_finished_up_is_not_searched_for(searched):
    assert main(["up", "--stack", "ci"]) == 0
    assert main(["up", "--stack", "ci"]) == 0

    assert searched == []


def test_after_a_failed_up_the_next_command_searches(cli, searched):
    """It searches by the stack's names, in the place that the settings name."""
    cli.answer("up", code=1, stderr="error: cut off\n")
    assert main(["up", "--stack", "ci"]) == 1
    cli.answer("up")
    assert main(["up", "--stack", "ci"]) == 0

    [place] = searched
    assert place.region == "us-east4"
