"""SSH: the wait for Python on the node."""

import time

import pytest

from host.errors import JobError
from job.network.tunnel import remote_python
from job.network.tunnel.remote_python import wait_for_python
from job.network.tunnel.supervisor import Holder
from job.nodes.ssh import Access
from tests.patience import PATIENCE_S


@pytest.fixture
def access(outputs, tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    return Access.write(outputs, folder)


@pytest.fixture
def wait(access, namespace, ending, monkeypatch):
    """Wait for Python with short pauses between attempts."""
    monkeypatch.setattr(remote_python, "_PAUSE_S", 0.05)
    holder = Holder(ending=ending, say=print)

    def run(within_s=PATIENCE_S):
        wait_for_python(access, namespace, time.monotonic() + within_s, holder)

    return run


def test_python_is_waited_for(programs, wait, capsys):
    programs.put(
        "ssh",
        'if len((folder / "calls").read_text().splitlines()) < 4:\n'
        '    print("python3: not found"); sys.exit(127)\n'
        'print("Python 3.12.3")',
    )
    wait()
    assert len(programs.calls("ssh")) == 4
    # Printed once, for three failed attempts.
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
