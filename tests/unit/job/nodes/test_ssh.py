"""SSH: the command line, its files, and the route to the worker."""

import os
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from host.errors import JobError
from job.nodes.ssh import Access, nodes


@pytest.fixture
def folder(tmp_path):
    """A folder whose name has characters that ssh and shells treat specially."""
    path = tmp_path / "a 100% folder"
    path.mkdir()
    return path


@pytest.fixture
def access(outputs, folder):
    return Access.write(outputs, folder)


def option(access, name):
    """Return the value of one of ssh's options."""
    [value] = [word for word in access.command() if word.startswith(f"{name}=")]
    return value.partition("=")[2]


def test_files_are_for_their_owner_only_and_replaced_as_a_whole(access, outputs):
    Access.write({**outputs, "ssh_private_key": "OTHER"}, access.key.parent)
    # ssh refuses a key without a final line break.
    assert access.key.read_text() == "OTHER\n"
    for path in (access.key, access.known_hosts):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(access.key.parent.iterdir()) == sorted([access.key, access.known_hosts])


@pytest.mark.parametrize(
    "option",
    [
        "StrictHostKeyChecking=yes",
        "GlobalKnownHostsFile=/dev/null",
        "BatchMode=yes",
        "ConnectTimeout=10",
        "ServerAliveInterval=10",
        "ServerAliveCountMax=3",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "ForwardAgent=no",
    ],
)
def test_ssh_trusts_and_uses_the_stacks_files_only(access, option):
    command = access.command()
    assert command[command.index(option) - 1] == "-o"
    assert command[:3] == ["ssh", "-F", "none"]


def test_paths_survive_two_ways_of_quoting(access):
    """sshuttle splits the command like a shell; ssh splits each option at spaces."""
    known_hosts, key = (str(p).replace("%", "%%") for p in (access.known_hosts, access.key))
    assert f'UserKnownHostsFile="{known_hosts}"' in shlex.split(access.one_word)
    assert f'IdentityFile="{key}"' in shlex.split(access.one_word)


def test_a_worker_without_an_external_address_is_behind_the_controller(outputs, folder):
    """Its host key is known by its internal address."""
    worker = nodes(outputs, folder)["worker"]

    assert (worker.destination, option(worker, "HostKeyAlias")) == ("cloud@10.0.3.16", "10.0.3.16")
    # ssh undoes the doubled percent signs, and a shell the quotes.
    way = shlex.split(option(worker, "ProxyCommand").replace("%%", "%"))
    assert way[-3:] == ["-W", "10.0.3.16:22", "cloud@203.0.113.10"]
    assert way[:-3] == Access.write(outputs, folder).command()


def test_a_worker_with_an_external_address_is_reached_directly(outputs, folder):
    """It can explain a failure even if the controller does not answer."""
    worker = nodes({**outputs, "worker_public_ip": "203.0.113.11"}, folder)["worker"]

    assert (worker.host, option(worker, "HostKeyAlias")) == ("203.0.113.11", "10.0.3.16")
    assert not any("ProxyCommand" in word for word in worker.command())


def test_a_stack_without_a_worker_has_one_node(outputs, folder):
    del outputs["worker_private_ip"]

    assert list(nodes(outputs, folder)) == ["controller"]


def test_a_stack_without_keys_is_refused(outputs, folder):
    with pytest.raises(JobError, match="the stack has no 'ssh_private_key'; run 'up' first"):
        nodes({**outputs, "ssh_private_key": ""}, folder)


@given(st.text(st.characters(min_codepoint=0x20, exclude_characters="/\x7f", codec="utf-8")))
@example('a"b')
@example("a\\b")
@example('\\"')
@example("a b#%h")
@settings(max_examples=25)
def test_ssh_reads_any_name_as_it_is(name):
    """`ssh -G` prints the parsed options. A name with ${ is refused: ssh would expand it."""
    assume("${" not in name and name not in {"", ".", ".."})
    # The name is in the middle: trailing blanks would be lost in ssh's output.
    path = Path("/keys", name, "known_hosts")
    access = Access(user="me", host="192.0.2.1", key=path, known_hosts=path)
    program = shutil.which("ssh", path=os.defpath)  # The real ssh, not the stand-in.
    assert program, "openssh-client is missing"
    done = subprocess.run(
        [program, *access.command()[1:], "-G", access.destination],
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert f"userknownhostsfile {path}" in done.stdout.split("\n")
