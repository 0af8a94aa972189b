"""Record: the leftovers of a killed tunnel are removed, a living tunnel is not touched."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from host.errors import RefusedError
from job.network.tunnel.record import Record, take_over


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tunnel.json"


@pytest.fixture
def dead():
    """The ID of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_living_one_refuses_a_second(path, namespace):
    Record(supervisor=os.getppid(), method="nat", probe="10.0.3.15:80").write(path)
    with pytest.raises(RefusedError, match=f"process {os.getppid()} has one open"):
        take_over(path, namespace, print)


def test_what_a_killed_one_left_is_removed(path, namespace, programs, dead):
    # Reparented, so that this process need not reap it.
    script = "setsid sleep 60 >/dev/null 2>&1 & echo $!"
    orphan = int(subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout)
    while os.getsid(orphan) != orphan:
        time.sleep(0.01)
    (programs.folder / "rules").mkdir()
    for name in ("sshuttle-20123", "devstack-tunnel-20123", "sshuttle-12300"):
        (programs.folder / "rules" / name).touch()
    Record(supervisor=dead, sshuttle=orphan, port=20123, method="nat", probe="10.0.3.15:80").write(
        path
    )

    take_over(path, namespace, print)

    assert not Path(f"/proc/{orphan}/exe").exists()
    assert programs.rules == ["sshuttle-12300"]


def test_what_this_process_could_not_remove_is_removed_by_its_next(path, namespace, programs):
    (programs.folder / "rules").mkdir()
    (programs.folder / "rules" / "devstack-tunnel-20123").touch()
    Record(supervisor=os.getpid(), port=20123, method="nat", probe="10.0.3.15:80").write(path)
    take_over(path, namespace, print)
    assert programs.rules == []


@pytest.mark.parametrize("text", ["", "{", '{"another": "release"}', None])
def test_nothing_to_take_over(path, namespace, text):
    if text is not None:
        path.write_text(text)
    take_over(path, namespace, print)


def test_a_namespace_that_is_gone_took_its_rules_with_it(path, namespace, programs, dead):
    Record(supervisor=dead, port=20123, netns="/gone", method="nat", probe="x").write(path)
    take_over(path, namespace, print)
    assert not (programs.folder / "calls").exists()
