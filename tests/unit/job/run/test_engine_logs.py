"""Engine logs: kept without secrets, however the command and the job end."""

import json
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest

from host.ending import EndedError
from host.errors import JobError
from job.redaction.artifacts import Artifacts
from job.run import engine_logs

CANARY = "canary-of-the-state-0123"
SECRET = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "plaintext": json.dumps(CANARY),
}


@pytest.fixture
def context(tmp_path):
    """The parts of a job that concern logs; the engine has written one."""
    made = SimpleNamespace(events=tmp_path / "events", artifacts=Artifacts(tmp_path / "artifacts"))
    made.events.mkdir()
    (made.events / "up-01.jsonl").write_text(json.dumps({"message": CANARY}) + "\n")
    return made


@pytest.fixture
def engine(pulumi, context, cli):
    """The fake CLI of that job, with the secret in its state."""
    cli.answer("stack export", stdout=json.dumps({"deployment": {"resources": [SECRET]}}))
    return replace(pulumi, events=context.events, ended=partial(engine_logs.keep, context))


def kept(context):
    return (context.artifacts.folder / "pulumi/up-01.jsonl").read_text()


@pytest.mark.parametrize(
    "answer", [{"code": 0}, {"code": 255}, {"kill": 9}], ids=["passed", "failed", "killed"]
)
def test_a_log_is_kept_however_its_command_ended(engine, context, cli, answer):
    """Secrets that the command itself created are masked, too."""
    cli.answer("refresh", **answer)
    try:
        engine.run("refresh")
    except JobError:
        assert answer != {"code": 0}

    assert json.loads(kept(context)) == {"message": "***"}


def test_a_log_is_kept_of_a_job_that_is_ended(engine, context, ending):
    """The job's end does not interrupt the command that reads the secrets."""
    ending.ask(EndedError("ended by SIGTERM", 15))
    engine_logs.keep(context, engine)

    assert json.loads(kept(context)) == {"message": "***"}


def test_a_state_that_cannot_be_read_keeps_no_log_back(engine, context, cli):
    cli.answer("stack export", code=255, stderr="error: incorrect passphrase\n")
    engine.run("refresh")

    assert json.loads(kept(context)) == {"message": CANARY}
