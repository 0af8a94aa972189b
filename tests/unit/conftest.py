"""Unit tests: run the program on Pulumi's mocks, and stand-ins that several folders share."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pulumi
import pytest
from pulumi.runtime.mocks import MockMonitor

from host.ending import Ending
from stacks import configuration
from stacks.credentials import Credentials
from stacks.problems import SettingsError
from stacks.settings import Settings
from tests.patience import PATIENCE_S
from tests.unit.fake_pulumi import FakePulumi

# No deadline: on a busy machine, an example's duration says nothing.
hypothesis.settings.register_profile("devstack", deadline=None)
hypothesis.settings.load_profile("devstack")


def private_key(name: str) -> str:
    """Return a text in the form of a private key."""
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{name}\n-----END OPENSSH PRIVATE KEY-----\n"


CREDENTIALS = Credentials(
    admin_password="a" * 32,
    database_password="b" * 32,
    rabbit_password="c" * 32,
    service_password="d" * 32,
    ssh_private_key=private_key("stack"),
    ssh_public_key="ssh-ed25519 AAAAstack",
    controller_host_key=private_key("controller"),
    controller_host_key_public="ssh-ed25519 AAAAcontroller",
    worker_host_key=private_key("worker"),
    worker_host_key_public="ssh-ed25519 AAAAworker",
)
EXTERNAL_IPS = {"controller-external": "203.0.113.10", "worker-external": "203.0.113.11"}


# The engine's protocol marks a secret as an object with this signature.
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


@dataclass
class Record:
    """The resources that a program registered: inputs by (type, name), secret inputs, and URNs."""

    inputs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    secrets: set[tuple[str, str]] = field(default_factory=set)
    urns: list[str] = field(default_factory=list)

    def named(self, name: str, kind: str = "") -> dict[str, Any]:
        """Return the inputs of the only custom resource with that logical name (and kind)."""
        found = [inputs for (typ, other), inputs in self._custom() if other == name and kind in typ]
        assert len(found) == 1, f"{len(found)} resources are named {name!r} {kind}"
        return found[0]

    def names(self, kind: str) -> set[str]:
        """Return the logical names of the custom resources whose type contains a word."""
        return {name for (typ, name), _ in self._custom() if kind in typ}

    def _custom(self) -> list[tuple[tuple[str, str], dict[str, Any]]]:
        return [item for item in self.inputs.items() if not item[0][0].startswith("devstack:")]


class RecordingMocks(pulumi.runtime.Mocks):
    """Record the inputs of each resource, and add outputs that Google Cloud would compute."""

    def __init__(self) -> None:
        self.record = Record()

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Record a resource; fail if it was registered before."""
        key = (args.typ, args.name)
        # The engine refuses a duplicate URN; the SDK's mocks would overwrite the first.
        assert key not in self.record.inputs, f"{args.typ} {args.name!r} is registered twice"
        inputs = {name: _without_secrecy(value) for name, value in args.inputs.items()}
        self.record.inputs[key] = inputs
        self.record.secrets |= {
            (args.name, name) for name, value in args.inputs.items() if inputs[name] != value
        }
        outputs = {**args.inputs, "selfLink": f"link-of-{args.inputs.get('name', '')}"}
        if args.typ == "gcp:compute/address:Address":
            outputs.setdefault("address", EXTERNAL_IPS.get(args.name))
        if args.typ == "gcp:compute/instance:Instance":
            outputs["instanceId"] = f"number-of-{args.name}"
        if args.typ == "command:local:Command":
            outputs["stdout"] = json.dumps(CREDENTIALS.__dict__)
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        """Refuse all lookups: a plan must not depend on the cloud's current contents."""
        raise AssertionError(f"the program must not read live data: {args.token}")


def _without_secrecy(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrecy(item) for item in value]
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return _without_secrecy(value["value"])
        return {key: _without_secrecy(item) for key, item in value.items()}
    return value


@pytest.fixture
def run_program() -> Callable[[Callable[[], object]], Record]:
    """Run a function as a Pulumi program to its end and return the record."""
    try:
        asyncio.get_event_loop_policy().get_event_loop()
    except RuntimeError:
        # The SDK uses the thread's event loop, which a test with asyncio.run has removed.
        asyncio.set_event_loop(asyncio.new_event_loop())

    def run(program: Callable[[], object]) -> Record:
        mocks = RecordingMocks()
        monitor = MockMonitor(mocks)
        pulumi.runtime.set_mocks(mocks, project="devstack", stack="test", monitor=monitor)
        pulumi.runtime.test(program)()  # waits for every registration and apply
        mocks.record.urns = list(monitor.get_registered_resources())
        return mocks.record

    return run


@pytest.fixture
def make_settings() -> Callable[..., Settings]:
    """Parse settings of the stack `test` from raw values by key, as the engine passes them."""

    def make(**given: str) -> Settings:
        return configuration.parse(given, stack="test", project="capo")

    return make


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """The default settings."""
    return make_settings()


@pytest.fixture
def credentials() -> Credentials:
    """Credentials in the right format that give access to nothing."""
    return CREDENTIALS


@pytest.fixture
def refusals(make_settings: Callable[..., Settings]) -> Callable[..., list[str]]:
    """Return the lines with which a configuration is refused; empty if it is accepted."""

    def refuse(**given: str) -> list[str]:
        try:
            make_settings(**given)
        except SettingsError as error:
            return str(error).splitlines()
        return []

    return refuse


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """Wait until a claim holds; fail at the time limit."""

    def wait(claim: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + timeout_s
        while not claim():
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.01)

    return wait


@pytest.fixture
def cli(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    return FakePulumi(folder)


@pytest.fixture
def environ(tmp_path, cli):
    """A job's environment: the fake CLI on PATH, and state in a folder of the test."""
    return {
        "PATH": str(cli.folder),
        "HOME": str(tmp_path / "home"),
        "DEVSTACK_STATE_DIR": str(tmp_path / "state"),
    }


@pytest.fixture
def ending():
    """An Ending that only the test sets."""
    made = Ending()
    yield made
    made.close()
