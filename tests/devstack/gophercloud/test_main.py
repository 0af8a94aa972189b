"""A whole run on stand-ins for the cloud and the test binaries."""

import sys
from contextlib import nullcontext
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from job.redaction.known import SECRETS
from stacks.clouds_yaml import ADMIN_CLOUD, TENANT_CLOUD, clouds_yaml
from tests.devstack.gophercloud import __main__ as command
from tests.devstack.gophercloud.environment import Resources

PASSWORD = "s3cretpassword"


@pytest.fixture
def removed():
    """Clouds whose leftovers were removed."""
    return []


@pytest.fixture
def run(tmp_path, binaries, removed, monkeypatch):
    """Run the command and return its exit status."""
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(clouds_yaml("10.0.3.15", PASSWORD))
    resources = Resources(
        image_id="i",
        flavor_id="1",
        other_flavor_id="2",
        network_name="private",
        external_network_id="e",
        external_network_name="public",
    )
    monkeypatch.setattr(command.programs, "PACKAGES", ("compute/v2",))
    monkeypatch.setattr(command.programs, "ensure", lambda: binaries)
    monkeypatch.setattr(command, "build", lambda _: None)
    monkeypatch.setattr(command.resources, "made", lambda *_: nullcontext(resources))
    monkeypatch.setattr(
        command,
        "connect",
        lambda _, cloud: SimpleNamespace(close=lambda: None, authorize=lambda: None, cloud=cloud),
    )
    monkeypatch.setattr(command.leftovers, "remove", lambda at, _: removed.append(at.cloud))
    monkeypatch.setattr(command, "mask_standard_streams", lambda: None)

    def start(*words):
        given = ("--clouds", str(clouds), "--artifacts", str(tmp_path / "artifacts"))
        monkeypatch.setattr(sys, "argv", ["gophercloud", *given, *words])
        return command.main()

    yield start
    SECRETS.forget()


def test_a_failure_as_one_user_fails_the_run_and_leaves_reports_of_both(
    run, behaves, removed, tmp_path, capsys
):
    behaves("TestA", ("run", ""), ("pass", ""))
    behaves("TestB", ("run", ""), ("output", f"Failure in b.go: {PASSWORD}\n"), ("fail", ""))

    assert run() == 1
    assert removed == [TENANT_CLOUD, ADMIN_CLOUD]
    for user in removed:
        text = (tmp_path / f"artifacts/junit_gophercloud_{user}.xml").read_text()
        assert PASSWORD not in text
        [suite] = ET.fromstring(text)  # noqa: S314 - our own
        assert [suite.get(name) for name in ("tests", "failures", "skipped")] == ["3", "1", "1"]
    counts = (tmp_path / "artifacts/counts.txt").read_text()
    assert counts == capsys.readouterr().out
    assert counts.splitlines()[-1].split() == [ADMIN_CLOUD, "all", "1", "1", "0", "1", "0"]


def test_chosen_tests_alone_run_as_the_chosen_user(run, behaves, removed, capsys):
    behaves("TestA", ("run", ""), ("pass", ""))

    assert run("--only", "TestA$", "--users", TENANT_CLOUD) == 0
    assert removed == [TENANT_CLOUD]
    assert capsys.readouterr().out.splitlines()[-1].split()[1:3] == ["all", "1"]


def test_a_choice_that_matches_no_test_is_refused(run, capsys):
    assert run("--only", "TestNone") == 2
    assert capsys.readouterr().err.splitlines()[-1] == "--only: 'TestNone' matches no test"


def test_a_build_touches_no_cloud(run, removed):
    assert run("--prepare") == 0
    assert not removed
