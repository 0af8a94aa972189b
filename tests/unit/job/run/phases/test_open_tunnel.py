"""Tunnel: how the job learns that it is open, and that it has ended."""

from contextlib import closing
from types import SimpleNamespace

import pytest

from host.errors import JobError, RefusedError
from job.redaction.artifacts import Artifacts
from job.run.phases import open_tunnel as module
from job.run.phases.open_tunnel import Tunnel
from tests.patience import PATIENCE_S

OUTPUTS = {"controller_private_ip": "10.0.3.15"}


@pytest.fixture
def said():
    return []


@pytest.fixture
def opened(monkeypatch, ending, said, tmp_path):
    """Open a job's tunnel that is held by a function of the test."""
    context = SimpleNamespace(
        artifacts=Artifacts(tmp_path / "artifacts"),
        ending=ending,
        job=SimpleNamespace(variables={}),
        log=SimpleNamespace(say=said.append),
    )

    def start(hold):
        monkeypatch.setattr(module, "hold", hold)
        return closing(Tunnel(context, tmp_path, OUTPUTS))

    return start


def stay_open(_outputs, folder, options, _environ, holder):
    """Hold a tunnel as the real function does."""
    assert options.probe == ("10.0.3.15", 22)
    (folder / "tunnel.log").write_text("sshuttle's own\n")
    (folder / "tunnel.json").write_text("{}")
    holder.ready.set()
    holder.ending.wait(PATIENCE_S)


@pytest.mark.parametrize(
    ("names", "bridge"), [(["lo", "docker0"], "docker0"), (["lo", "eth0"], None)]
)
def test_a_container_is_tried_where_the_namespace_has_dockers_bridge(
    opened, monkeypatch, names, bridge
):
    """The job may be in another namespace than the one that /sys shows."""
    monkeypatch.setattr(module.socket, "if_nameindex", lambda: list(enumerate(names)))

    def check(outputs, folder, options, environ, holder):
        assert options.probe_bridge == bridge
        stay_open(outputs, folder, options, environ, holder)

    with opened(check) as tunnel:
        tunnel.wait()


def test_one_that_is_open_lets_the_job_go_on_and_its_files_are_kept(opened, ending, said, tmp_path):
    with opened(stay_open) as tunnel:
        tunnel.wait()

    assert (tmp_path / "artifacts/tunnel/tunnel.log").read_text() == "sshuttle's own\n"
    assert (tmp_path / "artifacts/tunnel/tunnel.json").read_text() == "{}"
    assert (ending.reason, said) == (None, [])


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (JobError("tunnel: given up"), r"^tunnel: it ended \(1\): tunnel: given up$"),
        (RefusedError("tunnel: two"), r"^tunnel: it ended \(2\): tunnel: two$"),
        (
            ZeroDivisionError("x / 0"),
            r"^tunnel: it ended \(1\): a defect of its own: ZeroDivisionError",
        ),
    ],
)
def test_one_that_fails_ends_the_wait_for_it(opened, error, text):
    """The exit code is 1 and not that of a refusal, since the cloud already exists."""

    def fail(*_):
        raise error

    with opened(fail) as tunnel, pytest.raises(JobError, match=text) as caught:
        tunnel.wait()
    assert (caught.value.exit_code, caught.value.kind) == (1, "unknown")


def test_one_that_cannot_remove_everything_says_so_and_does_not_fail_the_job(opened, ending, said):
    """By then the tests have a result, and the teardown is still to come."""

    def leave_something(*given):
        try:
            stay_open(*given)
        finally:
            raise JobError("tunnel: this is left, remove it: 4711")

    with opened(leave_something) as tunnel:
        tunnel.wait()
    assert said == ["tunnel: it ended (1): tunnel: this is left, remove it: 4711"]
    assert ending.reason is None
