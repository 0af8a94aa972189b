"""A staged stack with the fake CLI, and doubles of the services that the job uses over HTTP."""

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from job.cloud import stack
from job.cloud.engine.pulumi import Pulumi
from job.cloud.place import place_of
from job.redaction.known import SECRETS
from localcloud.boskos.ranch import Ranch, Resource
from localcloud.boskos.server import BoskosServer
from localcloud.compute_api.clock import ManualClock
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from tests.patience import PATIENCE_S


@pytest.fixture
def signalled(cli):
    """Send this process signals in turn, as soon as the CLI is ready for them."""
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
def pulumi(cli, environ, checkout, ending):
    """The fake CLI with a staged stack `ci`."""
    staged = stack.stage("ci", environ, checkout=checkout)
    events = staged.folder / "events"
    return Pulumi(cli=cli.folder / "pulumi", stack=staged, events=events, ending=ending)


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    """Forget the secrets of other tests, before and after each test."""
    SECRETS.forget()
    yield
    SECRETS.forget()


@pytest.fixture(autouse=True)
def searched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Forbid searches for strays in a Compute API; lists the places that would be searched."""
    places: list[Any] = []

    def remove(pulumi: Pulumi, _known: Any, _budget_s: float) -> None:
        places.append(place_of(pulumi.stack))

    monkeypatch.setattr("job.cloud.cleanup.removal.remove_strays", remove)
    return places


class Sweeps:
    """Replaces the sweeps of teardown: records them, and returns `survivors` or raises `error`."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, list[str]]] = []
        self.survivors: list[Any] = []
        self.error: Exception | None = None

    def sweep(self, _api: Any, scope: Any, also: Any = (), **_options: Any) -> list[Any]:
        """Record the call, with the arguments of the real function."""
        self.asked.append((scope, [str(each) for each in also]))
        if self.error:
            raise self.error
        return self.survivors


@pytest.fixture(autouse=True)
def sweeps(monkeypatch: pytest.MonkeyPatch) -> Sweeps:
    """Forbid deletions; records which sweeps teardown would make."""
    made = Sweeps()
    monkeypatch.setattr("job.cloud.cleanup.destroy.Api", lambda *_: None)
    monkeypatch.setattr("job.cloud.cleanup.destroy.holders", lambda *_: [])
    monkeypatch.setattr("job.cloud.cleanup.destroy.remove", lambda *_: [])
    monkeypatch.setattr("job.cloud.cleanup.destroy.sweep", made.sweep)
    return made


@pytest.fixture
def api(monkeypatch):
    """A Compute API double on loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ComputeApi(Options()) as running:
        yield running


@pytest.fixture
def boskos_server(monkeypatch):
    """A Boskos that lends the projects `one` and `two`."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    resources = [Resource(name=name, type="gce-project") for name in ("one", "two")]
    with BoskosServer(Ranch(resources, ManualClock(), reap_after_s=1800)) as server:
        yield server


@pytest.fixture
def state_of(boskos_server):
    """Return the state of a project."""
    return lambda name: {item.name: item.state for item in boskos_server.ranch.resources()}[name]
