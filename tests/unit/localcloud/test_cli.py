"""Command line: `run` gives a command an engine and a cloud, and is otherwise transparent."""

import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
import yaml

from host.folders import CHECKOUT
from host.pulumi_cli import required_version
from localcloud import cli
from tests.patience import PATIENCE_S

_PULUMI = f"#!/bin/sh\necho v{required_version()}\n"
SHOW_SETTINGS = ("--", "sh", "-c", "cat $DEVSTACK_SETTINGS")

_WAITS_FOR_A_SIGNAL = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
print("ready", flush=True)
signal.pause()
"""


@pytest.fixture
def environ(tmp_path):
    """An environment with a suitable `pulumi` on PATH, so that nothing is built."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("pulumi", "pulumi-language-python"):
        (tools / name).write_text(_PULUMI)
        (tools / name).chmod(0o755)
    return {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "DEVSTACK_STATE_DIR": str(tmp_path / "state"),
        "DEVSTACK_CACHE_DIR": str(tmp_path / "cache"),
    }


@pytest.fixture
def start(environ):
    """Start `python -m localcloud ARGUMENTS`; the daemon ends with the test."""

    def run(*arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "localcloud", *arguments],
            cwd=CHECKOUT,
            env=environ,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    yield run
    start_stop = run("stop")
    start_stop.communicate(timeout=PATIENCE_S)


@pytest.fixture
def localcloud(start):
    """Run localcloud to its end; return exit code, standard output and standard error."""

    def run(*arguments):
        process = start(*arguments)
        output, errors = process.communicate(timeout=PATIENCE_S)
        return process.returncode, output, errors

    return run


def test_the_command_gets_the_settings_of_a_stack_on_the_double(localcloud):
    code, output, _ = localcloud(
        "run", "--project", "capo", "--", "sh", "-c", "cat $DEVSTACK_SETTINGS"
    )
    config = yaml.safe_load(output)["config"]

    assert code == 0
    assert config["gcp:project"] == "capo"
    assert config["gcp:computeCustomEndpoint"].startswith("http://127.0.0.1:")
    assert config["gcp:accessToken"]


def test_the_local_stack_is_configured_like_the_ci_stack(localcloud):
    _, output, _ = localcloud("run", *SHOW_SETTINGS)
    ci = yaml.safe_load((CHECKOUT / "Pulumi.ci.yaml").read_text())["config"]
    local = yaml.safe_load(output)["config"]

    assert {key: local[key] for key in ci if not key.startswith("gcp:")} == ci


def test_settings_can_come_from_a_file(localcloud, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("config: {devstack:worker: false}\n")
    _, output, _ = localcloud("run", "--settings", str(path), *SHOW_SETTINGS)

    assert yaml.safe_load(output)["config"]["devstack:worker"] is False


def test_the_exit_code_is_the_commands(localcloud):
    assert localcloud("run", "--", "sh", "-c", "exit 7")[0] == 7


def test_signals_reach_the_command(start):
    """The command replaces localcloud's process, so it receives them directly."""
    process = start("run", "--", sys.executable, "-c", _WAITS_FOR_A_SIGNAL)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)

    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 9


def test_standard_output_is_the_commands_alone(localcloud):
    _, output, errors = localcloud("run", "--", "echo", "hello")

    assert output == "hello\n"
    assert errors.startswith("localcloud: the Compute API double runs at ")


def test_status_follows_the_daemon(localcloud):
    before = localcloud("status")
    localcloud("run", "--", "true")
    while_running = localcloud("status")
    localcloud("stop")

    assert before == localcloud("status") == (1, "localcloud: it does not run\n", "")
    assert while_running[0] == 0
    assert " serves http://127.0.0.1:" in while_running[1]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--latency", "instance"), "--latency: 'instance' is not of the form instance=2.0"),
        (("--settings", "/nonexistent"), "settings: /nonexistent cannot be read"),
        (("--docker",), "run: --docker: simulated nodes have no network; add --machines"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_one_line(localcloud, arguments, line):
    code, _, errors = localcloud("run", *arguments, "--", "true")

    assert code == 1
    assert errors.splitlines()[-1].startswith(line)


def test_a_command_that_does_not_exist_is_one_line(localcloud):
    code, _, errors = localcloud("run", "--", "no-such-command")

    assert code == 1
    assert errors.splitlines()[-1] == "run: 'no-such-command' is not on PATH"


@pytest.mark.parametrize(
    ("arguments", "built"),
    [(["build"], ["engine"]), (["build", "--machines"], ["engine", "requirements", "tree"])],
    ids=["engine", "machines"],
)
def test_build_makes_before_the_tests_what_is_made_once(monkeypatch, tmp_path, arguments, built):
    """Otherwise the first test's time limit would have to include the build."""
    done = []
    monkeypatch.setenv("DEVSTACK_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(cli, "ensure", lambda _: done.append("engine") or SimpleNamespace(cli="p"))
    monkeypatch.setattr(cli.requirements, "require", lambda *_: done.append("requirements"))
    monkeypatch.setattr(cli, "ensure_tree", lambda cache: cache == tmp_path and done.append("tree"))

    assert cli.main(arguments) == 0
    assert done == built
