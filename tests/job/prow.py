"""Prow: runs the whole script, with a Boskos, a cloud and a CAPO checkout that stand in."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from host.folders import CHECKOUT
from localcloud.boskos.server import BoskosServer
from localcloud.compute_api.hooks import InstanceView
from localcloud.compute_api.server import ComputeApi
from localcloud.engine.engine import Engine
from localcloud.machines.simulated import SimulatedNodes
from localcloud.stack_settings import BEARER
from tests.job.entrypoint import Entrypoint
from tests.patience import PATIENCE_S
from tests.processes import descendants

STANDIN = Path(__file__).parent / "standin"


@dataclass
class Ended:
    """A job that ended, and what it left."""

    code: int
    output: str
    artifacts: Path

    def read(self, name: str) -> str:
        """The text of an artifact."""
        return (self.artifacts / name).read_text()

    def spans(self, lane: str = "job") -> dict[str, str]:
        """The verdicts of a lane of the timeline, by name."""
        spans = json.loads(self.read("timeline.json"))["spans"]
        return {span["name"]: span["verdict"] for span in spans if span["lane"] == lane}


def require_no_secret(ended: Ended, secrets: set[str]) -> None:
    """No password or key that a node was given is in the output or in an artifact."""
    texts = {"output": ended.output}
    for path in ended.artifacts.rglob("*"):
        if path.is_file():
            texts[str(path)] = path.read_bytes().decode(errors="replace")
    for secret in secrets:
        assert [name for name, text in texts.items() if secret in text] == []


class Site(BaseHTTPRequestHandler):
    """The controller's APIs as the suite asks for them; the pages are the server's."""

    def do_GET(self) -> None:
        """Give a page, or 404."""
        body = self.server.pages.get(self.path)  # type: ignore[attr-defined] # set by the fixture
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def zones(*names: str) -> bytes:
    """What Nova says of its availability zones."""
    info = [{"zoneName": name, "zoneState": {"available": True}} for name in names]
    return json.dumps({"availabilityZoneInfo": info}).encode()


def name_of(pid: int) -> str:
    """The name of a process."""
    return Path(f"/proc/{pid}/comm").read_text().strip()


@dataclass
class Prow:
    """What a job finds: a folder of its own, and the services around it."""

    folder: Path
    api: ComputeApi
    nodes: SimulatedNodes
    boskos: BoskosServer
    engine: Engine
    sources: str
    site: ThreadingHTTPServer
    settings: dict[str, Any] = field(default_factory=dict)
    access_token: str = BEARER
    project: str = "leased-one"
    secrets: set[str] = field(default_factory=set)
    jobs: "list[subprocess.Popen[str]]" = field(default_factory=list)
    """All that were started."""

    def environment(self, **given: str) -> dict[str, str]:
        """The variables of the job. One that is given empty is left out."""
        url = f"http://127.0.0.1:{self.site.server_port}"
        base = {
            **os.environ,
            **self.engine.environment,
            "ARTIFACTS": str(self.artifacts),
            "BOSKOS_HOST": self.boskos.host,
            "BUILD_ID": "1",
            "DEVSTACK_CACHE_DIR": str(self.folder / "cache"),
            "DEVSTACK_SETTINGS": str(self._settings_file()),
            "DEVSTACK_STATE_DIR": str(self.folder / "state"),
            "DEVSTACK_TUNNEL": "none",
            "NO_PROXY": "127.0.0.1",
            "PYTHONFAULTHANDLER": "1",
            "PYTHON": sys.executable,
            "STANDIN_CHECKS": "environment clouds identity second-az",
            "STANDIN_IDENTITY_URL": f"{url}/identity",
            "STANDIN_PYTHON": sys.executable,
            "STANDIN_SECOND_AZ_URL": f"{url}/zones",
            "STANDIN_STATE": str(self.folder),
        }
        base["PATH"] = f"{self._tools}:{STANDIN / 'tools'}:{base['PATH']}"
        return {name: value for name, value in {**base, **given}.items() if value}

    def tool(self, name: str, *lines: str) -> None:
        """Put a program before all others on the job's PATH."""
        program = self._tools / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("\n".join(("#!/bin/sh", *lines, "")))
        program.chmod(0o755)

    @property
    def _tools(self) -> Path:
        return self.folder / "tools"

    def start(
        self, script: str = "ci-e2e.sh", *, entrypoint: Entrypoint | None = None, **given: str
    ) -> "subprocess.Popen[str]":
        """Start the script, as Prow does, in the CAPO checkout."""
        command = [CHECKOUT / "scripts" / script, self.folder / "capo"]
        if entrypoint:
            program, options = entrypoint.around(command)
            command, given = [program], {**given, **options}
        job = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(**given),
            stderr=subprocess.STDOUT,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self.jobs.append(job)
        return job

    def end(self, process: "subprocess.Popen[str]") -> Ended:
        """Wait until a job has ended."""
        try:
            output, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            # Python says where each of its threads is.
            process.send_signal(signal.SIGABRT)
            time.sleep(1)
            output = self.kill(process)
            pytest.fail(f"the job did not end:\n{output}")
        return Ended(process.returncode, output, self.artifacts)

    def run(self, script: str = "ci-e2e.sh", **given: str) -> Ended:
        """Run the script to its end."""
        return self.end(self.start(script, **given))

    def job(self, *words: str, **given: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the job's, as a person would afterwards."""
        return subprocess.run(
            [sys.executable, "-m", "job", *words],
            capture_output=True,
            check=False,
            cwd=CHECKOUT,
            # By what the job has left, as a person has no more either.
            env=self.environment(**{"DEVSTACK_SETTINGS": "", **given}),
            text=True,
            timeout=PATIENCE_S,
        )

    def wait_for(self, claim: Any, process: "subprocess.Popen[str]") -> None:
        """Wait until something is so while the job runs, or fail."""
        deadline = time.monotonic() + PATIENCE_S
        while not claim():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"it did not come about:\n{self.end(process).output}")
            time.sleep(0.05)

    @property
    def artifacts(self) -> Path:
        """Where the job leaves logs and reports."""
        return self.folder / "artifacts"

    @property
    def targets(self) -> list[str]:
        """What was made in the CAPO checkout, in order."""
        path = self.folder / "targets.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line)["target"] for line in lines]

    @property
    def releases(self) -> list[str]:
        """The states in which the project was given back."""
        asked = (each for each in self.boskos.asked if each.action == "release")
        return [each.parameters["dest"] for each in asked if each.status == 200]

    def inventory(self) -> set[str]:
        """What exists in the project."""
        return {entry["path"] for entry in self.api.inventory(self.project)}

    def operations(self, method: str) -> list[dict[str, Any]]:
        """The operations so far of one method, such as instances.insert."""
        found: list[dict[str, Any]] = self.api.operations(self.project)["operations"]
        return [each for each in found if each["method"] == method]

    def deletions(self) -> list[dict[str, Any]]:
        """The operations that removed something."""
        found: list[dict[str, Any]] = self.api.operations(self.project)["operations"]
        return [each for each in found if each["method"].endswith(".delete")]

    def running(self, lane: str) -> list[str]:
        """What the timeline says runs now."""
        path = self.artifacts / "timeline.json"
        spans = json.loads(path.read_text())["spans"] if path.exists() else []
        return [
            each["name"] for each in spans if (each["lane"], each["verdict"]) == (lane, "running")
        ]

    def log(self) -> str:
        """What the job has said so far."""
        path = self.artifacts / "job.log"
        return path.read_text() if path.exists() else ""

    def kill_engine(self, process: "subprocess.Popen[str]") -> None:
        """Kill the CLI, and all that it runs, as a machine without memory does."""
        [cli] = [pid for pid in descendants(process.pid) if name_of(pid) == "pulumi"]
        for pid in descendants(cli):
            os.kill(pid, signal.SIGKILL)

    def kill(self, process: "subprocess.Popen[str]") -> str:
        """End a job and all that it runs, as a deleted pod does; what it had said."""
        for pid in descendants(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        output, _ = process.communicate(timeout=PATIENCE_S)
        return output

    def learn_secrets(self, instance: InstanceView) -> None:
        """Note the passwords in a node's local.conf, and a line of its host key."""
        document = yaml.safe_load(instance.metadata["user-data"])
        for file in document["write_files"]:
            found = re.findall(r"_PASSWORD=(\w+)", str(file["content"]))
            self.secrets.update(found)
        [key] = [value for name, value in document["ssh_keys"].items() if "private" in name]
        self.secrets.add(key.splitlines()[-2])

    def _settings_file(self) -> Path:
        path = self.folder / "settings.yaml"
        config = {
            "gcp:computeCustomEndpoint": self.api.url,
            "gcp:accessToken": self.access_token,
            # Operations take 0.2 s here.
            "gcp:pollInterval": "100ms",
            "devstack:amphoraImageUrl": "",
            "devstack:authUrlHost": "private",
            "devstack:gitBase": self.sources,
            "devstack:ovnFromSource": False,
            "devstack:sshSourceRanges": ["0.0.0.0/0"],
            **{f"devstack:{key}": value for key, value in self.settings.items()},
        }
        path.write_text(yaml.safe_dump({"config": config}))
        return path
