"""Credentials: made by one command, read back whole, shown nowhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest

from stacks import generate_credentials
from stacks.credentials import Credentials, GeneratedCredentials
from tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
def generated():
    """What the generator prints when it is run as the plugin runs it."""
    script = Path(generate_credentials.__file__).read_bytes()
    done = subprocess.run(
        [sys.executable, "-"], input=script, check=True, capture_output=True, timeout=PATIENCE_S
    )
    return Credentials(**json.loads(done.stdout))


def test_the_command_is_quiet(run_program):
    """Its output is the credentials, and the plugin would stream it into the log."""
    command = run_program(lambda: GeneratedCredentials("credentials")).named("credentials")

    assert (command["create"], command["logging"]) == ("python3 -", "none")


def test_the_command_carries_no_path(run_program):
    """Its inputs are the same on every machine, so another checkout changes nothing."""
    command = run_program(lambda: GeneratedCredentials("credentials")).named("credentials")

    assert set(command) == {"create", "stdin", "logging"}
    assert command["stdin"] == Path(generate_credentials.__file__).read_text()


def test_credentials_are_a_secret(run_program, credentials):
    seen = []

    def program():
        made = GeneratedCredentials("credentials").credentials
        pulumi.Output.all(made, pulumi.Output.from_input(made).is_secret()).apply(seen.extend)

    run_program(program)
    assert seen == [credentials, True]


def test_a_password_is_32_hexadecimal_digits(generated):
    """DevStack puts passwords into URLs, SQL and shell as they are."""
    passwords = {value for name, value in vars(generated).items() if name.endswith("_password")}

    assert len(passwords) == 4
    assert all(re.fullmatch(r"[0-9a-f]{32}", password) for password in passwords)


@pytest.mark.parametrize(
    ("private", "public"),
    [
        ("ssh_private_key", "ssh_public_key"),
        ("controller_host_key", "controller_host_key_public"),
        ("worker_host_key", "worker_host_key_public"),
    ],
)
def test_the_public_half_is_the_private_keys(generated, tmp_path, private, public):
    path = tmp_path / "key"
    path.touch(mode=0o600)
    path.write_text(getattr(generated, private))
    derived = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    assert derived.stdout.split()[:2] == getattr(generated, public).split()


def test_repr_shows_nothing(credentials):
    """A traceback with locals would print it."""
    assert "aaaa" not in repr(credentials)
