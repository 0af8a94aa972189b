"""A Pulumi CLI that only writes down how it was called, and answers what a test tells it."""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from job import stack
from job.compute import place_of
from job.ending import Ending
from job.pulumi import Pulumi
from job.redaction.known import SECRETS
from job.versions import required_version
from localcloud.boskos.ranch import Ranch, Resource
from localcloud.boskos.server import BoskosServer
from localcloud.compute_api.clock import ManualClock
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from tests.patience import PATIENCE_S

_SCRIPT = """\
#!{python}
import json, os, pathlib, signal, sys, time

folder = pathlib.Path(__file__).parent
line = " ".join(argument for argument in sys.argv[1:] if argument != "--non-interactive")
with (folder / "calls").open("a") as calls:
    calls.write(line + "\\n")
answers = json.loads((folder / "answers.json").read_text())
key = max((key for key in answers if line.startswith(key)), key=len, default=None)
answer = answers.get(key, {{}})
if isinstance(answer, list):
    rest = answer[1:] or answer
    answer = answer[0]
    (folder / "answers.json").write_text(json.dumps({{**answers, key: rest}}))
if "signals" in answer:
    received = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _: received.append(got))
    (folder / "ready").touch()
    deadline = time.monotonic() + answer["signals"]
    while time.monotonic() < deadline:
        time.sleep(0.05)
    (folder / "signals").write_text(json.dumps(received))
print(answer.get("stdout", ""), end="")
print(answer.get("stderr", ""), end="", file=sys.stderr)
if "kill" in answer:
    os.kill(os.getpid(), answer["kill"])
sys.exit(answer.get("code", 0))
"""


class FakePulumi:
    """The CLI's folder, to be put on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("pulumi", "pulumi-language-python"):
            (folder / name).write_text(_SCRIPT.format(python=sys.executable))
            (folder / name).chmod(0o755)
        self._answers: dict[str, Any] = {}
        self.answer("version", stdout=f"v{required_version()}\n")
        self.answer("stack export", stdout='{"version": 3, "deployment": {}}')
        self.answer("stack ls", stdout="[]")

    def answer(self, command: str, *then: dict[str, Any], **first: Any) -> None:
        """Answer calls that begin so; with several answers each is used once, the last for ever."""
        self._answers[command] = [first, *then]
        (self.folder / "answers.json").write_text(json.dumps(self._answers))

    @property
    def calls(self) -> list[str]:
        """How it was called so far, without the flags that every call has."""
        lines = (self.folder / "calls").read_text().splitlines()
        return [line.partition(" --color ")[0] for line in lines]


@pytest.fixture
def cli(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    return FakePulumi(folder)


@pytest.fixture
def signalled(cli):
    """Send this process signals, one after another, once the CLI is ready for them."""
    threads = []

    def send(*numbers):
        def wait():
            deadline = time.monotonic() + PATIENCE_S
            while not (cli.folder / "ready").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            for number in numbers:
                os.kill(os.getpid(), number)
                time.sleep(0.2)

        threads.append(threading.Thread(target=wait))
        threads[-1].start()

    yield send
    for thread in threads:
        thread.join()


@pytest.fixture
def environ(tmp_path, cli):
    """The environment of a job: the fake CLI, and state in a folder of the test's own."""
    return {
        "PATH": str(cli.folder),
        "HOME": str(tmp_path / "home"),
        "DEVSTACK_STATE_DIR": str(tmp_path / "state"),
    }


@pytest.fixture
def checkout(tmp_path):
    """A checkout with the files that staging reads."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(
        "name: devstack\nruntime: {name: python, options: {toolchain: pip, virtualenv: .venv}}\n"
        "config: {}\n"
    )
    (folder / "Pulumi.ci.yaml").write_text("config: {devstack:mtu: 1460}\n")
    return folder


@pytest.fixture
def ending():
    """Nobody asks for it but the test."""
    made = Ending()
    yield made
    made.close()


@pytest.fixture
def pulumi(cli, environ, checkout, ending):
    """The fake CLI at work on a staged stack `ci`."""
    staged = stack.stage("ci", environ, checkout=checkout)
    events = staged.folder / "events"
    return Pulumi(cli=cli.folder / "pulumi", stack=staged, events=events, ending=ending)


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    """What one test gives as a secret is none in another."""
    SECRETS.forget()
    yield
    SECRETS.forget()


@pytest.fixture(autouse=True)
def searched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """No test here reaches a Compute API; the places that were searched for strays."""
    places: list[Any] = []

    def remove(pulumi: Pulumi, _known: Any, _budget_s: float) -> None:
        places.append(place_of(pulumi.stack))

    monkeypatch.setattr("job.cleanup.strays.remove", remove)
    return places


class Sweeps:
    """The sweeps of a cloud without anything in it, and what they are to say is left."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, list[str]]] = []
        self.survivors: list[Any] = []
        self.error: Exception | None = None

    def sweep(self, _api: Any, scope: Any, also: Any = (), **_options: Any) -> list[Any]:
        """In the place of the real one."""
        self.asked.append((scope, [str(each) for each in also]))
        if self.error:
            raise self.error
        return self.survivors


@pytest.fixture(autouse=True)
def sweeps(monkeypatch: pytest.MonkeyPatch) -> Sweeps:
    """No test here deletes anything: what teardown would have looked for beside the engine."""
    made = Sweeps()
    monkeypatch.setattr("job.cleanup.teardown.Api", lambda *_: None)
    monkeypatch.setattr("job.cleanup.teardown.holders", lambda *_: [])
    monkeypatch.setattr("job.cleanup.teardown.remove", lambda *_: [])
    monkeypatch.setattr("job.cleanup.teardown.sweep", made.sweep)
    return made


@pytest.fixture
def api(monkeypatch):
    """A Compute API on loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ComputeApi(Options()) as running:
        yield running


@pytest.fixture
def boskos_server(monkeypatch):
    """A Boskos that lends the projects `one` and `two`, as they were released last."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    resources = [Resource(name=name, type="gce-project") for name in ("one", "two")]
    with BoskosServer(Ranch(resources, ManualClock(), reap_after_s=1800)) as server:
        yield server


@pytest.fixture
def state_of(boskos_server):
    """The state of a project."""
    return lambda name: {item.name: item.state for item in boskos_server.ranch.resources()}[name]
