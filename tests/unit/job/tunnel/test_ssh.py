"""SSH: the command line, the files, and the wait for Python."""

import shlex
import stat
import time
from threading import Event

import pytest

from job.errors import JobError
from job.tunnel import ssh
from job.tunnel.ssh import Access, wait_for_python


@pytest.fixture
def access(outputs, tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    return Access.write(outputs, folder)


@pytest.fixture
def wait(access, namespace, monkeypatch):
    monkeypatch.setattr(ssh, "_PAUSE_S", 0.05)

    def run(within_s=20):
        wait_for_python(access, namespace, time.monotonic() + within_s, Event())

    return run


def test_files_are_for_their_owner_only_and_replaced_as_a_whole(access, outputs):
    Access.write({**outputs, "ssh_private_key": "OTHER"}, access.key.parent)
    # ssh refuses a key without an end of its last line.
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
    """sshuttle splits the command as a shell would, ssh each option at its spaces."""
    assert f'UserKnownHostsFile="{access.known_hosts}"' in shlex.split(access.one_word)
    assert f'IdentityFile="{access.key}"' in shlex.split(access.one_word)


def test_python_is_waited_for(programs, wait, capsys):
    programs.put(
        "ssh",
        'if len((folder / "calls").read_text().splitlines()) < 4:\n'
        '    print("python3: not found"); sys.exit(127)\n'
        'print("Python 3.12.3")',
    )
    wait()
    assert len(programs.calls("ssh")) == 4
    # Once, although it was so three times.
    assert capsys.readouterr().out == (
        "tunnel: waiting for Python on 203.0.113.10: python3: not found (exit 127)\n"
    )


def test_the_wait_for_python_is_bounded(programs, wait):
    programs.put("ssh", 'sys.exit("ssh: connect to host: Connection timed out")')
    with pytest.raises(JobError, match="no Python over ssh in time: ssh: connect to host"):
        wait(within_s=0.5)


def test_python_that_is_too_old_is_refused_at_once(programs, wait):
    programs.put("ssh", 'print("sh: python3: not found\\nPython 2.7.18")')
    with pytest.raises(JobError, match=r"has Python 2\.7, too old for sshuttle, which needs 3\.9"):
        wait()
    assert len(programs.calls("ssh")) == 1


def test_another_host_key_is_refused_at_once(programs, wait):
    programs.put("ssh", 'print("Host key verification failed.", file=sys.stderr); sys.exit(255)')
    with pytest.raises(JobError, match="another machine answers at this address"):
        wait()
    assert len(programs.calls("ssh")) == 1
