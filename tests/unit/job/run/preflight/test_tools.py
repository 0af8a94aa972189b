"""Tools: missing programs are reported, each with a remedy."""

import json
import os
from importlib.metadata import version

import pytest

from host.errors import JobError, RefusedError
from job.run.preflight import tools

GCP, COMMAND = version("pulumi-gcp"), version("pulumi-command")
BOTH = [
    {"name": "gcp", "kind": "resource", "version": GCP},
    {"name": "command", "kind": "resource", "version": COMMAND},
]


@pytest.fixture
def path(program, cli):
    """A PATH with the fake CLI and ssh."""
    cli.answer("plugin ls", stdout=json.dumps(BOTH))
    for name in ("ssh", "ssh-keygen"):
        folder = program(name)
    return f"{cli.folder}:{folder}"


@pytest.fixture
def check(path, ending):
    return lambda **variables: tools.check({"PATH": path, **variables}, ending)


def test_a_machine_with_everything_passes(check):
    report = check(PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true")

    assert (report.problems, report.warnings) == ([], [])
    assert report.facts == {"plugins": {"gcp": GCP, "command": COMMAND}}


@pytest.mark.parametrize(
    "installed",
    [
        BOTH[1:],
        [BOTH[0] | {"version": "1.0.0"}, BOTH[1]],
        [BOTH[0] | {"kind": "language"}, BOTH[1]],
    ],
    ids=["none", "another version", "another kind"],
)
def test_a_plugin_that_may_not_be_downloaded_is_named_with_its_version(check, cli, installed):
    cli.answer("plugin ls", stdout=json.dumps(installed))

    assert check(PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="TRUE").problems == [
        f"plugin: gcp {GCP} is not installed; run 'pulumi plugin install resource gcp {GCP}'"
    ]


def test_a_plugin_that_will_be_downloaded_only_warns(check, cli):
    cli.answer("plugin ls", stdout="[]")
    report = check()

    assert report.problems == []
    assert [line.split()[1:3] for line in report.warnings] == [["gcp", GCP], ["command", COMMAND]]


def test_a_plugin_on_path_is_taken_as_it_is(check, cli, program):
    cli.answer("plugin ls", stdout=json.dumps(BOTH[1:]))
    program("pulumi-resource-gcp")

    assert check(PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true").problems == []


def test_a_cli_that_cannot_list_its_plugins_is_quoted(check, cli):
    cli.answer("plugin ls", code=1, stderr="error: PULUMI_HOME is not a folder\n")

    assert check().problems[0].endswith("fails: error: PULUMI_HOME is not a folder")


def test_all_that_is_missing_is_told_at_once(ending, tmp_path):
    lines = tools.check({"PATH": str(tmp_path)}, ending).problems

    assert [line.partition(":")[0] for line in lines] == ["ssh-keygen", "ssh", "pulumi"]
    assert lines[0] == "ssh-keygen: it is not on PATH; install openssh-client"


@pytest.fixture
def equipped(program, monkeypatch):
    """A PATH with all programs that the suite needs, as root, with a routing method."""
    for name in ("make", "git", "docker"):
        folder = program(name)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(tools, "find_program", lambda _: ("/sshuttle", "2.0"))
    monkeypatch.setattr(tools.redirection, "choose", lambda _: None)
    return {"PATH": str(folder)}


def test_a_machine_for_tests_passes(equipped, ending):
    assert tools.check_for_tests(equipped, ending).problems == []


def test_what_the_suite_lacks_is_told_at_once(equipped, ending, monkeypatch, tmp_path):
    """The checks do not depend on each other."""

    def lacks(text, error=JobError):
        def look(*_):
            raise error(text)

        return look

    monkeypatch.setattr(tools, "refuse_podman", lacks("containers are Podman's", RefusedError))
    monkeypatch.setattr(tools, "find_program", lacks("no sshuttle"))
    monkeypatch.setattr(tools.redirection, "choose", lacks("no iptables"))

    assert tools.check_for_tests({"PATH": str(tmp_path)}, ending).problems == [
        "make: it is not on PATH; install make",
        "git: it is not on PATH; install git",
        "docker: it is not on PATH; install docker",
        "containers are Podman's",
        "no sshuttle",
        "no iptables",
    ]
    assert equipped


def test_a_docker_without_its_daemon_is_refused(equipped, ending, program):
    program("docker", "echo 'Cannot connect to the Docker daemon.' >&2; exit 1")

    assert tools.check_for_tests(equipped, ending).problems == [
        "docker: Cannot connect to the Docker daemon.; start its daemon"
    ]


def test_routing_needs_root_and_is_not_tried_without(equipped, ending, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(tools.redirection, "choose", None)

    assert tools.check_for_tests(equipped, ending).problems == [
        "tunnel: routing needs root; run the job as root"
    ]


def test_a_job_without_a_tunnel_needs_nothing_of_one(equipped, ending, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for name in ("refuse_podman", "find_program"):
        monkeypatch.setattr(tools, name, None)

    environ = {**equipped, "DEVSTACK_TUNNEL": "none"}
    assert tools.check_for_tests(environ, ending).problems == []
