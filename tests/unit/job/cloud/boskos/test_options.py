"""Boskos on the command line: what is refused before anything is leased."""

import argparse

import pytest

from host.errors import RefusedError
from job.cli import main
from job.cloud.boskos import options


@pytest.fixture
def read():
    """Read a command line with an environment."""
    parser = argparse.ArgumentParser()
    options.add_to(parser)

    def read(*arguments, **environ):
        return options.request(parser.parse_args(["run", *arguments]), environ)

    return read


def test_the_host_comes_from_the_environment(read):
    asked = read("--", "true", BOSKOS_HOST="boskos", PATH="/bin:/usr/bin")

    assert (asked.host, asked.kind) == ("boskos", "gce-project")
    assert (asked.pace.heartbeat_s, asked.pace.acquire_limit_s) == (60, 1800)


def test_a_host_that_is_given_wins(read):
    asked = read("--host", "mine:1", "--", "true", BOSKOS_HOST="boskos", PATH="/bin:/usr/bin")

    assert asked.host == "mine:1"


def test_the_command_keeps_its_own_flags(read):
    command = ["sh", "-c", "exit", "--", "--host", "x"]

    assert read("--", *command, BOSKOS_HOST="b", PATH="/bin:/usr/bin").command == command


def test_without_a_host_it_is_refused(read):
    with pytest.raises(RefusedError, match="BOSKOS_HOST: not set"):
        read("--", "true", PATH="/bin:/usr/bin")


def test_a_program_that_is_not_there_is_refused_before_the_lease(boskos_server):
    run = ["boskos", "run", "--host", boskos_server.host, "--", "no-such-program"]

    assert main(run) == 2
    assert boskos_server.asked == []


@pytest.mark.parametrize(
    "flag",
    ["--wait=-1", "--wait=soon", "--wait=nan", "--wait=inf", "--heartbeat=0", "--heartbeat=-1"],
)
def test_times_that_are_none_are_refused(flag, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["boskos", "run", "--host", "h", flag, "--", "true"])

    assert ended.value.code == 2
    assert flag.partition("=")[0] in capsys.readouterr().err
