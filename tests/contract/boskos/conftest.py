"""The two servers on which the Boskos contract is checked: the stand-in and the real one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import yaml

from job.cloud.boskos.client import Boskos
from localcloud.boskos.ranch import Ranch, Resource
from localcloud.boskos.server import BoskosServer
from localcloud.compute_api.clock import SystemClock
from tests.originals import programs

PROJECTS = ("one", "two", "three", "four")
KIND = "gce-project"


@dataclass(frozen=True)
class Server:
    """A running Boskos that lends PROJECTS, all of them free at first."""

    host: str

    def ask(
        self, action: str, method: str = "POST", data: str = "", **parameters: str
    ) -> requests.Response:
        """Send a raw request and return the response."""
        url = f"http://{self.host}/{action}"
        return requests.request(method, url, params=parameters, data=data, timeout=60)

    def lease(self, owner: str, state: str = "free", dest: str = "busy", **more: str) -> str:
        """Lease a project; return its name."""
        answer = self.ask("acquire", type=KIND, state=state, dest=dest, owner=owner, **more)
        assert answer.status_code == 200, answer.text
        name: str = answer.json()["name"]
        return name

    def lease_all(self, owner: str) -> None:
        """Lease every project."""
        for _ in PROJECTS:
            self.lease(owner)

    def client(self, owner: str) -> Boskos:
        """Make the job's client, with a limit that suits a busy machine."""
        return Boskos(host=self.host, owner=owner, limit_s=60)


@contextmanager
def _stand_in(_folder: Path) -> Iterator[str]:
    ranch = Ranch([Resource(name=name, type=KIND) for name in PROJECTS], SystemClock())
    with BoskosServer(ranch) as server:
        yield server.host


@contextmanager
def _real(folder: Path) -> Iterator[str]:
    config = folder / "boskos.yaml"
    resources = [{"type": KIND, "state": "free", "names": list(PROJECTS)}]
    config.write_text(yaml.safe_dump({"resources": resources}))
    with (
        (folder / "boskos.log").open("w") as log,
        subprocess.Popen(
            [programs.ensure() / "boskos", "-config", config],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().removeprefix("BOSKOS_HOST=")
        finally:
            process.kill()  # one of its libraries catches all other signals and ignores them


@pytest.fixture(params=[_stand_in, _real], ids=["stand-in", "real"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """A Boskos with free projects. Runs each test twice: on the stand-in and on the real server."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with request.param(tmp_path) as host:
        yield Server(host)
