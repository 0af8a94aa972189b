"""The program on the real engine: stacks of their own projects on one Compute API double."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcloud.compute_api.addressing import free_external
from localcloud.compute_api.options import Options
from localcloud.compute_api.resources import views
from localcloud.compute_api.server import ComputeApi
from localcloud.compute_api.store import Resource
from localcloud.engine.engine import Engine, ensure
from localcloud.machines.node_status import Course
from localcloud.machines.simulated import SimulatedNodes
from localcloud.stack_settings import BEARER
from tests.forkserver import with_fork_server
from tests.patience import PATIENCE_S

CHECKOUT = Path(__file__).resolve().parent.parent.parent
# Of each test process its own, and not that of localcloud's daemon, which may run beside them.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
EXTERNAL_RANGE = IPv4Network(f"127.{65 + WORKER}.0.0/16")
OPERATION_S = 0.2
# What tests change of a stack that is up.
UP_CONFIG = {"labels": ["pr=17"], "sshSourceRanges": ["192.0.2.0/24"]}
# The project's own is for operations of 5 s and more.
POLL_INTERVAL = "100ms"
LONG_OPERATION_S = 15.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make plans` write the plans anew instead of comparing them."""
    parser.addoption("--write-plans", action="store_true")


@dataclass(frozen=True)
class Done:
    """A command that ended, and what the engine said of each resource."""

    code: int
    out: str
    err: str
    events: list[dict[str, Any]]

    def changes(self) -> dict[str, str]:
        """What was done, or would be done, to each resource that did not stay the same."""
        steps = [event["resourcePreEvent"]["metadata"] for event in self.events_of("resourcePre")]
        return {
            step["urn"].rpartition("::")[2]: step["op"]
            for step in steps
            if step["op"] not in {"same", "refresh", "read"} and "devstack:" not in step["type"]
        }

    def events_of(self, kind: str) -> list[dict[str, Any]]:
        """The events of one kind, in order."""
        return [event for event in self.events if f"{kind}Event" in event]


@dataclass
class Cloud:
    """One stack in a project of its own, and the API that it is created in."""

    api: ComputeApi
    nodes: SimulatedNodes
    engine: Engine
    folder: Path
    project: str
    stack: str = "test"
    python: str = sys.executable
    """The interpreter, whose virtual environment the program gets."""
    access_token: str | None = BEARER
    checkout: Path = CHECKOUT
    environment: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    """Given to each command, below what the test gives."""

    def job(self, command: str, *flags: str, check: bool = True, **config: Any) -> Done:
        """Run `python -m job` with configuration, as a user would; fail the test if it fails."""
        done = subprocess.run(
            self.command(command, *flags, **config),
            cwd=self.checkout,
            env=self.variables(),
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        logs = sorted(self.staged.glob(f"events/{command}-*.jsonl"))
        lines = [line for log in logs for line in log.read_text().splitlines()]
        ended = Done(done.returncode, done.stdout, done.stderr, [json.loads(li) for li in lines])
        assert not check or ended.code == 0, f"{command}: {ended.code}\n{ended.out}\n{ended.err}"
        return ended

    def command(self, command: str, *flags: str, **config: Any) -> list[str]:
        """The command line of a job, with its configuration written to the settings file."""
        settings = self.folder / f"{self.stack}.yaml"
        settings.write_text(yaml.safe_dump({"config": self.configuration(**config)}))
        line = [self.python, "-m", "job", command, "--stack", self.stack]
        line += ["--settings", str(settings)]
        if command in {"up", "preview", "refresh"}:
            return [*line, "--", *flags]
        return [*line, *flags]

    def configuration(self, **given: Any) -> dict[str, Any]:
        """The stack's configuration: what leads to the double, and what the test gives."""
        endpoint = {
            "gcp:project": self.project,
            "gcp:computeCustomEndpoint": self.api.url,
            "gcp:pollInterval": POLL_INTERVAL,
        }
        if self.access_token is not None:
            endpoint["gcp:accessToken"] = self.access_token
        settings = self.config | given
        return endpoint | {f"devstack:{key}": value for key, value in settings.items()}

    def variables(self) -> dict[str, str]:
        """The environment of a job."""
        return {
            **os.environ,
            **self.engine.environment,
            "DEVSTACK_STATE_DIR": str(self.folder / "state"),
            **self.environment,
        }

    @property
    def staged(self) -> Path:
        """The folder of the stack's state."""
        return self.folder / "state" / "stacks" / self.stack

    def state(self) -> list[dict[str, Any]]:
        """The resources in the stack's state."""
        [path] = self.staged.glob(f"backend/.pulumi/stacks/*/{self.stack}.json")
        document = json.loads(path.read_text())
        resources: list[dict[str, Any]] = document["checkpoint"]["latest"]["resources"]
        return resources

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets included."""
        document: dict[str, Any] = json.loads(self.job("outputs", "--show-secrets").out)
        return document

    def inventory(self) -> set[str]:
        """What exists in the project, as paths below it; disks belong to their instances."""
        prefix = f"projects/{self.project}/"
        paths = {entry["path"].removeprefix(prefix) for entry in self.api.inventory(self.project)}
        return {path for path in paths if "/disks/" not in path}

    def operations(self, kind: str) -> list[dict[str, Any]]:
        """The operations so far of one method, such as instances.insert."""
        found: list[dict[str, Any]] = self.api.operations(self.project)["operations"]
        return [operation for operation in found if operation["method"] == kind]

    def copy_resources(self, project: str, names: dict[str, str]) -> dict[str, str]:
        """Put copies of all resources into a project, with other names; all that is replaced.

        The copy has another external address, which no two can share, and no machines.
        """
        found = "regions/us-east4/addresses/capo-e2e-test-controller-external"
        address = self.api.resource(f"projects/{self.project}/{found}")["address"]
        cloud = self.api.cloud
        with cloud.lock:
            texts = {self.project: project, address: free_external(cloud), **names}
            for resource in cloud.store.all():
                if resource.project == self.project:
                    text = json.dumps([resource.path, resource.body, resource.references])
                    path, body, references = json.loads(replaced(text, texts))
                    cloud.store.add(Resource(path, body, references=references))
        return texts

    def copy(self, folder: Path) -> "Cloud":
        """The same stack in a project of its own, without an engine's work."""
        made = replace(self, folder=folder, project=new_project(), environment={})
        texts = self.copy_resources(made.project, {})
        shutil.copytree(self.staged, made.staged, ignore=shutil.ignore_patterns("events"))
        for path in made.staged.rglob("*"):
            if path.is_file():
                path.write_text(replaced(path.read_text(), texts))
        return made

    def boot_nodes(self, **courses: Course) -> None:
        """Start the nodes of a copy, to fare in a certain way; by role."""
        with self.api.cloud.lock:
            found = self.api.cloud.store.select("instances", self.project)
            machines = [views.instance_view(self.api.cloud, instance) for instance in found]
        self.nodes.courses = courses
        try:
            for view in machines:
                self.nodes.boot(view)
        finally:
            # All tests of the process share the nodes.
            self.nodes.courses = {}


def replaced(text: str, texts: dict[str, str]) -> str:
    """The text with each of the texts replaced by another."""
    for old, new in texts.items():
        text = text.replace(old, new)
    return text


def new_project() -> str:
    """The name of a project that no test has."""
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def engine(fork_server: Path) -> Engine:
    """The engine that this machine has, or that localcloud built."""
    return with_fork_server(ensure(), fork_server)


@pytest.fixture(scope="session")
def simulated_nodes() -> Iterator[SimulatedNodes]:
    with SimulatedNodes() as nodes:
        yield nodes


@pytest.fixture(scope="session")
def compute_api(simulated_nodes: SimulatedNodes) -> Iterator[ComputeApi]:
    options = Options(external_range=EXTERNAL_RANGE, latency_s={"default": OPERATION_S})
    with ComputeApi(options) as api:
        simulated_nodes.attach(api)
        yield api


@pytest.fixture(scope="session")
def make_cloud(
    engine: Engine, compute_api: ComputeApi, simulated_nodes: SimulatedNodes, fork_server: Path
) -> Callable[[Path], Cloud]:
    """A stack that does not exist yet, in a project of its own."""

    def make(folder: Path) -> Cloud:
        cloud = Cloud(compute_api, simulated_nodes, engine, folder, new_project())
        return replace(cloud, python=str(fork_server / "bin/python3"))

    return make


@pytest.fixture
def cloud(make_cloud: Callable[[Path], Cloud], tmp_path: Path) -> Cloud:
    """A stack of the test's own."""
    return make_cloud(tmp_path)


@pytest.fixture(scope="session")
def running(
    make_cloud: Callable[[Path], Cloud], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Cloud, Done]:
    """A stack that is up and that tests only look at, and how it came up."""
    cloud = make_cloud(tmp_path_factory.mktemp("running"))
    cloud.config = UP_CONFIG
    # Long enough for two instances to overlap on a busy machine, if they do at all.
    cloud.api.set_latency({"instances.insert": LONG_OPERATION_S})
    up = cloud.job("up")
    cloud.api.set_latency({"instances.insert": OPERATION_S})
    return cloud, up


@pytest.fixture
def standing(running: tuple[Cloud, Done], tmp_path: Path) -> Cloud:
    """A stack of the test's own that is up already; its nodes were not booted."""
    return running[0].copy(tmp_path)
