"""Engines: the real engine with a recorder in front of it, and the played engine."""

import json
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from localcloud.compute_api.server import ComputeApi
from localcloud.compute_api.service import Answer, Wire
from localcloud.engine.engine import Engine

_HERE = Path(__file__).parent


def _put_before(folder: Path, program: str, *arguments: object) -> Path:
    """Write a `pulumi` that runs a program of this folder; return its path."""
    # Without site-packages, for a fast start: a job runs the CLI twenty times.
    words = [sys.executable, "-I", "-S", _HERE / program, *arguments]
    cli = folder / "pulumi"
    cli.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, words))} "$@"\n')
    cli.chmod(0o755)
    return cli


@dataclass
class Recorder:
    """Record the calls of a real engine on one cloud, and its requests to the Compute API."""

    folder: Path
    _requests: list[tuple[float, list[str]]] = field(default_factory=list)

    def engine(self, real: Engine) -> Engine:
        """Return the real engine with a recorder in front of it."""
        self.folder.mkdir()
        cli = _put_before(self.folder, "recorder.py", self._calls, real.cli)
        path = f"{self.folder}:{real.environment.get('PATH', os.environ['PATH'])}"
        return replace(real, cli=cli, environment={**real.environment, "PATH": path})

    @contextmanager
    def listening(self, api: ComputeApi) -> Iterator[None]:
        """Record all accepted requests that change something, while the block runs."""
        service = api._service
        answer = service.answer

        def listen(wire: Wire) -> Answer:
            given = answer(wire)
            if wire.http_method != "GET" and given.status == 200:
                path = f"{wire.path}?{wire.query}" if wire.query else wire.path
                request = [wire.http_method, path, wire.body.decode()]
                self._requests.append((api.cloud.clock.now(), request))
            return given

        service.answer = listen  # type: ignore[method-assign] # of this object alone
        yield
        service.answer = answer  # type: ignore[method-assign] # as it was

    def tape(self, api: ComputeApi, name: str) -> dict[str, Any]:
        """Return the record of one stack, from its first call to its destruction."""
        calls = [json.loads(line) for line in self._calls.read_text().splitlines()]
        up = False
        for call in calls:
            call["up"] = up
            if call["arguments"][0] in {"up", "destroy"}:
                up = call["arguments"][0] == "up"
                call["requests"] = [
                    request for at, request in self._requests if call["began"] < at < call["ended"]
                ]
        [outputs] = {
            call["stdout"] for call in calls if call["arguments"][:2] == ["stack", "output"]
        }
        return {
            "address": json.loads(outputs)["controller_public_ip"],
            "calls": calls,
            "endpoint": urlsplit(api.url).netloc,
            "name": name,
        }

    @property
    def _calls(self) -> Path:
        return self.folder / "calls.jsonl"


@dataclass(frozen=True)
class Played:
    """A folder with a CLI that plays a tape."""

    folder: Path
    tape: Path

    def engine(self) -> Engine:
        """Create the CLI and return an engine that uses it."""
        self.folder.mkdir()
        cli = _put_before(self.folder, "player.py", self.tape, self.folder)
        # The job checks that the language host exists but never starts it.
        host = self.folder / "pulumi-language-python"
        host.write_text("#!/bin/sh\nexit 99\n")
        host.chmod(0o755)
        path = f"{self.folder}:{os.environ['PATH']}"
        return Engine(cli=cli, environment={"PATH": path}, real_plugins=False)

    @property
    def calls(self) -> list[list[str]]:
        """Return the calls so far, in the form that the player compares."""
        return [json.loads(line) for line in self._lines("calls")]

    @property
    def refusals(self) -> list[str]:
        """Return the player's messages about calls and answers that were not recorded."""
        return self._lines("refusals")

    def _lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []
