"""Inherited: which variables are dropped or kept, and that every program starts so."""

import json
import os
import subprocess
import sys

import pytest

from host import inherited
from host.folders import CHECKOUT

REDACTION = {
    "sources": "def of_environment(environ): return []\n",
    "known": "class SECRETS:\n    learn = list\n",
    "printing": "def mask_standard_streams(): pass\n",
}
PLANTED = {
    "PIP_USER": "1",
    "PYTHONPATH": "/theirs",
    "PYTHONWARNINGS": "error",
    "VIRTUAL_ENV": "/theirs",
    "GIT_DIR": "/theirs",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "url.x.insteadOf",
    "GIT_CONFIG_VALUE_0": "y",
    "SSH_AUTH_SOCK": "/theirs",
    "SSHUTTLE_ARGS": "--verbose",
    "PULUMI_OPTION_PARALLEL": "1",
    "PULUMI_STACK": "theirs",
    "PULUMI_CONFIG": "{}",
    "PULUMI_EXPERIMENTAL": "1",
    "MAKEFLAGS": "n",
    "MAKELEVEL": "1",
    "GOFLAGS": "-mod=vendor",
    "GOOS": "plan9",
    "BASH_ENV": "/theirs",
    "BASH_FUNC_git%%": "() { false; }",
    "LC_ALL": "tlh_QO.UTF-8",
}
KEPT = {
    "PATH": os.environ["PATH"],
    "HOME": "/home/me",
    "PYTHON": "python3.12",
    "PIP_INDEX_URL": "http://127.0.0.1:1/simple",
    "PIP_CERT": "/certificates",
    "GIT_SSL_CAINFO": "/certificates",
    "GOPROXY": "off",
    "GOOGLE_CREDENTIALS": "{}",
    "GOOGLE_OAUTH_ACCESS_TOKEN": "t",
    "PULUMI_BACKEND_URL": "file:///state",
    "PULUMI_CONFIG_PASSPHRASE": "p",
    "PULUMI_HOME": "/plugins",
    "PULUMI_ACCESS_TOKEN": "t",
    "OPENSTACK_RELEASE": "2026.1",
    "MAKE": "gmake",
    "SSL_CERT_FILE": "/certificates",
}


def printed(command, environ, cwd=CHECKOUT):
    return subprocess.run(
        command, capture_output=True, check=True, cwd=cwd, env=environ, text=True, timeout=60
    ).stdout


def variables(text):
    """Parse the output of `env --null`."""
    return dict(line.split("=", 1) for line in text.split("\0") if line)


def test_options_are_left_behind_and_what_a_machine_needs_is_kept():
    assert inherited.ours(PLANTED | KEPT) == KEPT


def test_the_suite_gets_all_but_what_leads_elsewhere():
    given = PLANTED | KEPT | {"OS_CLOUD": "theirs"}
    found = inherited.suites(given)
    taken = {name for name in given if name not in found}

    assert taken == {"OS_CLOUD", "MAKEFLAGS", "MAKELEVEL"} | {
        name for name in given if name.startswith("PULUMI_")
    }


@pytest.mark.parametrize(
    ("given", "spared"),
    [
        ({"no_proxy": "a.invalid"}, "a.invalid,localhost,127.0.0.1,::1"),
        ({"NO_PROXY": "a.invalid,127.0.0.1"}, "a.invalid,127.0.0.1,localhost,::1"),
        ({}, "localhost,127.0.0.1,::1"),
    ],
)
def test_this_machine_is_taken_out_of_every_proxy(given, spared):
    found = inherited.ours({"HTTPS_PROXY": "http://192.0.2.1", **given})

    assert (found["no_proxy"], found["NO_PROXY"]) == (spared, spared)
    assert found["HTTPS_PROXY"] == "http://192.0.2.1"


def test_a_machine_without_proxies_gets_no_variable_of_theirs():
    assert inherited.ours({"A": "b"}) == {"A": "b"}
    assert inherited.ours({"http_proxy": "x", "NO_PROXY": "*"})["NO_PROXY"] == "*"


def test_a_script_runs_a_command_without_them():
    """It works without the job's packages, whatever Python's own variables say."""
    command = [sys.executable, "-I", CHECKOUT / "host/inherited.py", "env", "--null"]

    assert variables(printed(command, PLANTED | KEPT | {"PYTHONHOME": "/nowhere"})) == KEPT


def test_make_unexports_them(tmp_path):
    """Except for make's own variables, which it passes to every program."""
    (tmp_path / "Makefile").write_text("include Makefile\nshow:\n\t@env --null\n")
    planted = {name: value for name, value in PLANTED.items() if not name.startswith("MAKE")}
    kept = KEPT | {"PYTHON": sys.executable}
    command = ["make", "--file", tmp_path / "Makefile", f"VENV={sys.prefix}", "show"]
    found = variables(printed(command, planted | kept))

    assert kept.items() <= found.items()
    assert planted.keys().isdisjoint(found)


@pytest.mark.parametrize("program", ["job", "localcloud"])
def test_a_program_of_ours_leaves_them_behind_at_its_start(tmp_path, program):
    """Its child processes then lack them, too, however they are started."""
    (tmp_path / program).mkdir()
    (tmp_path / program / "__main__.py").write_text(
        (CHECKOUT / program / "__main__.py").read_text()
    )
    (tmp_path / "host").mkdir()
    (tmp_path / "host/inherited.py").write_text((CHECKOUT / "host/inherited.py").read_text())
    (tmp_path / program / "cli.py").write_text(
        "import json, os, subprocess\n"
        "def main(*, person):\n"
        "    started = subprocess.run(['env', '--null'], capture_output=True, text=True)\n"
        "    print(json.dumps([started.stdout, dict(person)]))\n"
    )
    # Without masking, which would change the values to compare.
    (tmp_path / "job/redaction").mkdir(parents=True)
    for name, text in REDACTION.items():
        (tmp_path / "job/redaction" / f"{name}.py").write_text(text)
    planted = {name: value for name, value in PLANTED.items() if "PYTHON" not in name}
    line = printed([sys.executable, "-m", program], planted | KEPT, cwd=tmp_path)
    started, person = json.loads(line)

    assert variables(started) == KEPT
    assert person == planted | KEPT
