"""Command: `python -m job preflight`, on a stack of the test's own."""

import json
import os
from importlib.metadata import version

import pytest
import yaml

from job.cli import main
from job.run.preflight import checks
from job.run.preflight.findings import Report

PLUGINS = [
    {"name": name, "kind": "resource", "version": version(f"pulumi-{name}")}
    for name in ("gcp", "command")
]


@pytest.fixture(autouse=True)
def _machine(cli, environ, program, monkeypatch):
    """A machine with the fake CLI and ssh, without a person's configuration."""
    cli.answer("plugin ls", stdout=json.dumps(PLUGINS))
    for name in ("ssh", "ssh-keygen"):
        folder = program(name)
    for name in list(os.environ):
        if name.startswith(("PULUMI_", "DEVSTACK_", "GOOGLE_", "GCLOUD_", "CLOUDSDK_")):
            monkeypatch.delenv(name)
    for name, value in (environ | {"PATH": f"{cli.folder}:{folder}"}).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def run(api, tmp_path):
    """Run the command with a configuration; requests go only to the double."""
    base = {
        "gcp:project": "capo",
        "gcp:computeCustomEndpoint": api.url,
        "gcp:accessToken": "any",
        "devstack:amphoraImageUrl": "",
    }

    def command(*flags, **config):
        path = tmp_path / "settings.yaml"
        given = base | {key.replace("_", ":"): value for key, value in config.items()}
        path.write_text(yaml.safe_dump({"config": given}))
        return main(["preflight", "--stack", "ci", "--settings", str(path), *flags])

    return command


def test_a_stack_that_nothing_is_in_the_way_of(run, capsys):
    assert run("--for", "up") == 0
    out, err = capsys.readouterr()
    assert out == (
        "warning: git: it is not installed here; no ref was checked\n"
        "preflight: nothing is in the way of stack ci (project capo)\n"
    )
    assert err == ""


def test_problems_of_all_kinds_are_told_at_once_and_end_with_2(run, api, cli, capsys):
    cli.answer("version", stdout="v1.0.0\n")
    api.set_quota("capo", "NETWORKS", 0)

    assert run("--for", "up") == 2
    subjects = [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert subjects == ["pulumi", "quota NETWORKS"]


def test_a_refused_configuration_is_all_that_is_told(run, api, capsys):
    assert run(devstack_mtu=1) == 2
    assert capsys.readouterr().err.startswith("devstack:mtu: ")
    assert api.requests("capo") == []


def test_credentials_that_are_missing_are_told_once(run, monkeypatch, capsys):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent")

    assert run("--for", "up", gcp_accessToken="") == 2
    assert capsys.readouterr().err.count("credentials: /nonexistent cannot be read") == 1


def test_without_a_project_only_what_needs_none_is_checked(run, api, capsys):
    assert run("--for", "up", gcp_project="") == 0
    assert "(what can be known without a project)" in capsys.readouterr().out
    assert api.requests() == []


@pytest.mark.parametrize(
    ("count", "code"), [(7, 0), (0, 2)], ids=["a stack that is there", "an empty one"]
)
def test_the_quota_that_a_stack_uses_itself_only_warns(run, api, cli, count, code):
    api.set_quota("capo", "NETWORKS", 0)
    entry = {"name": "organization/devstack/ci", "resourceCount": count}
    cli.answer("stack ls", stdout=json.dumps([entry]))

    assert run("--for", "up") == code


def test_the_suites_needs_are_checked_unless_up_alone_is_asked_for(run, monkeypatch):
    asked = []

    def before_lease(*_args, for_tests):
        asked.append(for_tests)
        return Report()

    monkeypatch.setattr(checks, "before_lease", before_lease)
    run()
    run("--for", "e2e")
    run("--for", "up")

    assert asked == [(), (), None]
