"""Teardown: how often and with which flags the engine runs, and the fallback without it."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from host.ending import EndedError
from host.errors import JobError, LockedError
from job.cloud.cleanup import destroy
from job.cloud.cleanup.removal import Survivor
from job.cloud.cleanup.search import Leftover
from job.cloud.kinds import NETWORKS
from tests.patience import FOREVER_S

NETWORK = "projects/p/global/networks/capo-e2e-ci"
LINK = f"https://www.googleapis.com/compute/v1/{NETWORK}"
LOOKS = ("version", "stack ls", "stack export", "stack select")
BUDGET_S = 60


@pytest.fixture(autouse=True)
def _existing(cli):
    """Pulumi knows the stack."""
    cli.answer("stack ls", stdout='[{"name": "organization/devstack/ci"}]')


@pytest.fixture
def acts(cli):
    """Return Pulumi's calls that change something."""

    def give():
        calls = [call.partition(" --event-log")[0] for call in cli.calls]
        return [call for call in calls if not call.startswith(LOOKS)]

    return give


@pytest.fixture
def down(pulumi):
    return lambda budget_s=BUDGET_S: destroy.tear_down(pulumi, budget_s)


def in_state(cli, *resources):
    cli.answer("stack export", stdout=json.dumps({"deployment": {"resources": list(resources)}}))


def test_what_the_engine_destroyed_is_looked_for_once_more(down, acts, sweeps, pulumi):
    """The engine cannot destroy resources that never reached its state."""
    down()

    assert acts() == ["destroy --yes --skip-preview --continue-on-error --remove --stack ci"]
    [(scope, known)] = sweeps.asked
    assert (scope.stack, known) == ("ci", [])
    assert not pulumi.stack.folder.exists()


def test_a_failed_destroy_is_repeated_and_looks_first(down, cli, acts, capsys):
    """The refresh drops resources that are gone by now."""
    cli.answer("destroy", {"code": 0}, code=1, stderr="error: in use\n")
    down()

    assert [("--refresh" in call) for call in acts()] == [False, True]
    assert "destroying once more" in capsys.readouterr().out


def test_what_the_engine_cannot_destroy_is_deleted_by_the_states_ids(down, cli, acts, sweeps):
    cli.answer("destroy", code=1, stderr="error: in use\n")
    urn = "urn:pulumi:ci::devstack::gcp:compute/network:Network::network"
    in_state(
        cli,
        {"urn": "u1", "type": "pulumi:providers:gcp", "id": "x"},
        {"urn": urn, "type": "gcp:compute/network:Network", "id": NETWORK},
        {"urn": "u3", "type": "gcp:compute/routerNat:RouterNat", "id": "p/us-east4/r/n"},
        {"urn": "u4", "type": "command:local:Command"},
    )
    down()

    assert [call.split()[0] for call in acts()] == ["destroy", "destroy", "destroy"]
    assert sweeps.asked[0][1] == [f"{urn} ({LINK})"]


def test_survivors_are_named_and_the_state_is_kept(down, cli, sweeps, pulumi, capsys):
    cli.answer("destroy", code=1, stderr="error: in use\n")
    leftover = Leftover(kind=NETWORKS, path=NETWORK, urn="urn:network")
    sweeps.survivors = [Survivor(leftover, "compute: it is used by a stranger")]

    with pytest.raises(JobError, match=f"^down: left over: {NETWORK}; run 'down' again$"):
        down()
    assert (
        f"job: left over: urn:network ({LINK}): compute: it is used by a stranger\n"
        in capsys.readouterr().out
    )
    assert pulumi.stack.folder.exists()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("stack ls", {"code": 255, "stderr": "error: no such host\n"}),
        ("stack export", {"code": 255, "stderr": "error: could not unmarshal\n"}),
        ("stack export", {"stdout": "half a docu"}),
        ("destroy", {"code": 255, "stderr": "error: incorrect passphrase\n"}),
    ],
    ids=["backend", "state", "answer", "passphrase"],
)
def test_without_a_usable_state_marks_and_names_are_gone_by(cli, pulumi, sweeps, command, answer):
    cli.answer(command, **answer)
    destroy.tear_down(pulumi, BUDGET_S)

    [(scope, _)] = sweeps.asked
    assert scope.by_name
    assert not pulumi.stack.folder.exists()


def test_a_passphrase_is_not_tried_again(down, cli, acts):
    """A wrong passphrase stays wrong."""
    cli.answer("destroy", code=255, stderr="error: incorrect passphrase\n")
    down()

    assert [call.split()[0] for call in acts()] == ["destroy"]


def test_a_backend_that_does_not_answer_costs_no_more_than_its_time(down, cli, sweeps, monkeypatch):
    monkeypatch.setattr(destroy, "_ANSWER_S", 0.2)
    monkeypatch.setattr(destroy, "_GRACE", destroy.Grace(soft_s=0.2, hard_s=0.2))
    cli.answer("stack ls", signals=FOREVER_S)
    down()

    assert len(sweeps.asked) == 1


def test_an_engine_that_hangs_is_ended_in_time_for_the_rest(down, cli, sweeps, monkeypatch):
    monkeypatch.setattr(destroy, "_GRACE", destroy.Grace(soft_s=0.2, hard_s=0.2))
    cli.answer("destroy", signals=FOREVER_S)
    down(5.0)

    assert len(sweeps.asked) == 1


def test_a_stack_without_state_is_looked_for_and_forgotten(down, cli, acts, sweeps, pulumi):
    cli.answer("stack ls", stdout="[]")
    down()

    assert acts() == []
    assert len(sweeps.asked) == 1
    assert not pulumi.stack.folder.exists()


def test_a_look_that_fails_is_only_said_when_the_engine_was_content(down, sweeps, pulumi, capsys):
    """The provider may have credentials that the job cannot see."""
    sweeps.error = JobError("credentials: there are none")
    down()

    assert "for more was not looked: credentials: there are none" in capsys.readouterr().out
    assert not pulumi.stack.folder.exists()


def test_a_look_that_fails_is_a_failure_where_there_is_no_state(down, cli, sweeps):
    cli.answer("stack ls", stdout="[]")
    sweeps.error = JobError("credentials: there are none")

    with pytest.raises(JobError, match="could not be removed: credentials: there are none"):
        down()


def test_a_look_that_fails_is_a_failure_after_a_run_that_was_cut_off(down, sweeps, pulumi):
    pulumi.stack.unfinished.touch()
    sweeps.error = JobError("credentials: there are none")

    with pytest.raises(JobError, match="could not be removed: credentials: there are none"):
        down()
    assert pulumi.stack.folder.exists()


def test_a_signal_ends_it(down, cli, sweeps, pulumi):
    cli.answer("destroy", signals=0.6)
    pulumi.ending.ask(EndedError("ended by SIGTERM", signal.SIGTERM))

    with pytest.raises(EndedError):
        down()
    assert sweeps.asked == []


def locked_by(pid, host=None):
    """Return the CLI's answer about a lock in a bucket."""
    host = host or socket.gethostname()
    since = "2999-01-01T00:00:00Z"
    text = (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es)"
        " to end or delete the lock file with `pulumi cancel`.\n"
        f"  gs://bucket/.pulumi/locks/a.json: created by root@{host} (pid {pid}) at {since}\n"
    )
    return {"code": 255, "stderr": text}


def test_the_lock_of_a_dead_process_in_a_bucket_is_taken_away(down, cli, acts, capsys):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    cli.answer("destroy", {"code": 0}, **locked_by(dead.pid))
    down()

    assert [call.split()[0] for call in acts()] == ["destroy", "cancel", "destroy"]
    assert f"removed the stale lock of dead process {dead.pid}" in capsys.readouterr().out


@pytest.mark.parametrize("host", [None, "elsewhere"], ids=["alive", "elsewhere"])
def test_a_stack_that_another_run_has_is_not_touched(down, cli, acts, sweeps, host):
    """Its resources are not deleted by name either."""
    cli.answer("destroy", **locked_by(os.getpid(), host))

    with pytest.raises(LockedError, match="another run works on this stack"):
        down()
    assert sweeps.asked == []
    assert len(acts()) == 1


@pytest.fixture
def down_elsewhere(pulumi):
    """Tear down a stack whose state is in a person's own backend."""
    elsewhere = replace(pulumi, stack=replace(pulumi.stack, backend_url="gs://bucket"))
    return lambda: destroy.tear_down(elsewhere, BUDGET_S)


def test_a_users_backend_is_rid_of_a_state_that_the_engine_cannot_empty(down_elsewhere, cli, acts):
    cli.answer("destroy", code=255, stderr="error: incorrect passphrase\n")
    down_elsewhere()

    assert acts()[-1] == "stack rm --yes --force --stack ci"


def test_a_state_that_stays_in_a_users_backend_is_said(down_elsewhere, cli, pulumi, capsys):
    """The passphrase is kept for the next attempt."""
    cli.answer("destroy", code=255, stderr="error: incorrect passphrase\n")
    cli.answer("stack rm", code=255, stderr="error: no\n")
    down_elsewhere()

    assert "all is gone but the state in gs://bucket" in capsys.readouterr().out
    assert pulumi.stack.folder.exists()
