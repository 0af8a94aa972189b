"""Prow: runs the whole script, with stand-ins for Boskos, the cloud and the CAPO checkout."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
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
# The instances of the stack that a job makes by default.
WORKER = "capo-e2e-e2e-1-worker"
CONTROLLER = "capo-e2e-e2e-1-controller"


@dataclass
class Ended:
    """A job that ended: exit code, output and artifacts."""

    code: int
    output: str
    artifacts: Path

    def read(self, name: str) -> str:
        """Return the text of an artifact."""
        return (self.artifacts / name).read_text()

    def spans(self, lane: str = "job") -> dict[str, str]:
        """Return the verdicts of one lane of the timeline, by span name."""
        spans = json.loads(self.read("timeline.json"))["spans"]
        return {span["name"]: span["verdict"] for span in spans if span["lane"] == lane}


def require_no_secret(ended: Ended, secrets: set[str]) -> None:
    """Assert that no secret of a node is in the output or in an artifact."""
    texts = {"output": ended.output}
    for path in ended.artifacts.rglob("*"):
        if path.is_file():
            texts[str(path)] = path.read_bytes().decode(errors="replace")
    for secret in secrets:
        assert [name for name, text in texts.items() if secret in text] == []


class Site(BaseHTTPRequestHandler):
    """The controller's APIs that the suite requests. The pages are an attribute of the server."""

    def do_GET(self) -> None:
        """Answer with the page of this path, or 404."""
        body = self.server.pages.get(self.path)  # type: ignore[attr-defined] # set by the fixture
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Keep requests out of the test's output."""


def zones(*names: str) -> bytes:
    """Return Nova's answer with these availability zones."""
    info = [{"zoneName": name, "zoneState": {"available": True}} for name in names]
    return json.dumps({"availabilityZoneInfo": info}).encode()


def name_of(pid: int) -> str:
    """Return the name of a process."""
    return Path(f"/proc/{pid}/comm").read_text().strip()


@dataclass
class Prow:
    """The environment of a job: a folder of its own and the services around it."""

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
    jobs: "dict[subprocess.Popen[str], Future[str]]" = field(default_factory=dict)
    """All jobs that were started, and their output once all who hold it have ended."""
    readers: ThreadPoolExecutor = field(default_factory=ThreadPoolExecutor)
    """Read the outputs while a test waits for something else, so that no job waits for a reader."""

    def environment(self, **given: str) -> dict[str, str]:
        """Return the variables of the job; one that is given as an empty text is unset."""
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
        """Write a shell script that precedes all other programs on the job's PATH."""
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
        """Start the script on the CAPO checkout as Prow does; under its entrypoint if given."""
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
        self.jobs[job] = self.readers.submit(lambda: job.communicate()[0])
        return job

    def end(self, process: "subprocess.Popen[str]") -> Ended:
        """Wait for a job's end; a job that does not end is killed and fails the test."""
        try:
            output = self.jobs[process].result(timeout=PATIENCE_S)
        except TimeoutError:
            # faulthandler prints the stack of each thread.
            process.send_signal(signal.SIGABRT)
            time.sleep(1)
            output = self.kill(process)
            pytest.fail(f"the job did not end:\n{output}")
        return Ended(process.returncode, output, self.artifacts)

    def run(self, script: str = "ci-e2e.sh", **given: str) -> Ended:
        """Run the script to its end."""
        return self.end(self.start(script, **given))

    def job(self, *words: str, **given: str) -> "subprocess.CompletedProcess[str]":
        """Run one of the job's commands, as a person would after the job."""
        return subprocess.run(
            [sys.executable, "-m", "job", *words],
            capture_output=True,
            check=False,
            cwd=CHECKOUT,
            # Without the settings file: a person has only the state that the job left.
            env=self.environment(**{"DEVSTACK_SETTINGS": "", **given}),
            text=True,
            timeout=PATIENCE_S,
        )

    def wait_for(self, claim: Any, process: "subprocess.Popen[str]") -> None:
        """Wait until a claim holds; fail if the job ends before."""
        deadline = time.monotonic() + PATIENCE_S
        while not claim():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"it did not come about:\n{self.end(process).output}")
            time.sleep(0.05)

    @property
    def artifacts(self) -> Path:
        """The folder of the job's logs and reports."""
        return self.folder / "artifacts"

    @property
    def targets(self) -> list[str]:
        """The make targets that ran in the CAPO checkout, in order."""
        path = self.folder / "targets.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line)["target"] for line in lines]

    @property
    def releases(self) -> list[str]:
        """The states in which the lease was released."""
        asked = (each for each in self.boskos.asked if each.action == "release")
        return [each.parameters["dest"] for each in asked if each.status == 200]

    def inventory(self) -> set[str]:
        """Return the paths of all resources in the project."""
        return {entry["path"] for entry in self.api.inventory(self.project)}

    def operations(self, method: str) -> list[dict[str, Any]]:
        """Return the operations so far of one method, such as instances.insert."""
        found: list[dict[str, Any]] = self.api.operations(self.project)["operations"]
        return [each for each in found if each["method"] == method]

    def deletions(self) -> list[dict[str, Any]]:
        """Return the operations that deleted a resource."""
        found: list[dict[str, Any]] = self.api.operations(self.project)["operations"]
        return [each for each in found if each["method"].endswith(".delete")]

    def running(self, lane: str) -> list[str]:
        """Return the names of the spans of a lane that run now."""
        path = self.artifacts / "timeline.json"
        spans = json.loads(path.read_text())["spans"] if path.exists() else []
        return [
            each["name"] for each in spans if (each["lane"], each["verdict"]) == (lane, "running")
        ]

    def log(self) -> str:
        """Return the job's log so far."""
        path = self.artifacts / "job.log"
        return path.read_text() if path.exists() else ""

    def kill_engine(self, process: "subprocess.Popen[str]") -> None:
        """Kill the Pulumi CLI and its child processes, as when the memory runs out."""
        [cli] = [pid for pid in descendants(process.pid) if name_of(pid) == "pulumi"]
        for pid in descendants(cli):
            os.kill(pid, signal.SIGKILL)

    def kill(self, process: "subprocess.Popen[str]") -> str:
        """Kill a job and its child processes, as when a pod is deleted; return its output."""
        for pid in descendants(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return self.jobs[process].result(timeout=PATIENCE_S)

    def learn_secrets(self, instance: InstanceView) -> None:
        """Record the passwords in a node's user data, and one line of its host key."""
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
            # Below OPERATION_S, the length of an operation here.
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
