"""Nodes as directories: the files of rendered user data below a root, with stand-in programs."""

import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest

from localcloud.devstack.git_service import CLIENTS
from stacks.credentials import Credentials
from tests.nodes import host
from tests.patience import PATIENCE_S

# No deadline: on a busy machine, an example's duration says nothing.
hypothesis.settings.register_profile("devstack", deadline=None)
hypothesis.settings.load_profile("devstack")

FAKES = Path(__file__).parent / "fakes"
BOOT_ID = "proc/sys/kernel/random/boot_id"


@dataclass
class Node:
    """A role's rendered files on disk. Its programs see only the stand-ins and their own root."""

    root: Path
    bin: Path

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one of the node's programs to its end."""
        path = f"{self.bin}:{self.root}/usr/local/sbin:{os.environ['PATH']}"
        node = {"PATH": path, "DEVSTACK_NODE_ROOT": str(self.root), "FAKE_STATE": str(self.bin)}
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env={"HOME": str(self.root), "LC_ALL": "C.UTF-8", **node, **environment},
        )

    def state(self, *words: str) -> None:
        """Record a state with the program that the node's scripts use."""
        done = self.run("devstack-node", "state", *words)
        assert done.returncode == 0, done.stderr

    def show(self, *words: str) -> dict[str, object]:
        """Return the answer of `devstack-status show`."""
        return json.loads(self.run("devstack-status", "show", *words).stdout)

    def reboot(self) -> None:
        """Change the boot ID, which is how the node's programs notice a reboot."""
        path = self.root / BOOT_ID
        path.write_text(f"{path.read_text().strip()}+1\n")

    def write(self, path: str, text: str) -> Path:
        """Write a file below the node's root; return its path."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def fake(self, name: str, script: str) -> None:
        """Write a shell script that precedes the real program on the node's PATH."""
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def calls(self) -> list[str]:
        """Return the command lines of the stand-ins, in order."""
        log = self.bin / "calls"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def cloud(self) -> dict[str, object]:
        """The state of the stand-in cloud."""
        return json.loads((self.bin / "cloud.json").read_text())

    @cloud.setter
    def cloud(self, state: dict[str, object]) -> None:
        (self.bin / "cloud.json").write_text(json.dumps(state))


@pytest.fixture(scope="session")
def credentials() -> Credentials:
    """Credentials with a recognizable value in each field."""
    names = [field.name for field in fields(Credentials)]
    return Credentials(**{name: f"{name.replace('_', '')}Value" for name in names})


def build_node(folder: Path, credentials: Credentials, role: str, **settings: object) -> Node:
    """Write a role's rendered files below a folder, and the stand-ins beside them."""
    root = folder / role
    host.lay_out(root, role, credentials, **settings)
    binaries = folder / f"{role}-bin"
    for stand_ins in (FAKES, CLIENTS):
        shutil.copytree(stand_ins, binaries, dirs_exist_ok=True)
    # The node's Python is that of the tests, without the packages of their environment.
    (binaries / "python3").symlink_to(sys.executable)
    home = Path(sys.base_prefix) / "bin"
    (binaries / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
    node = Node(root, binaries)
    node.write(BOOT_ID, "first-boot\n")
    return node


@pytest.fixture
def make_node(tmp_path: Path, credentials: Credentials) -> Callable[..., Node]:
    """Make a node of a role, with settings as keywords."""
    return partial(build_node, tmp_path, credentials)


@pytest.fixture(scope="session")
def make_node_in(credentials: Credentials) -> Callable[..., Node]:
    """Make a node of a role below a folder, for tests that share it."""

    def make(folder: Path, role: str, **settings: object) -> Node:
        return build_node(folder, credentials, role, **settings)

    return make


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, credentials: Credentials) -> Iterator[Node]:
    """A controller whose Python modules run in this process, for hundreds of examples."""
    node = build_node(tmp_path_factory.mktemp("loaded"), credentials, "controller")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEVSTACK_NODE_ROOT", str(node.root))
        patch.setenv("FAKE_STATE", str(node.bin))
        patch.setenv("PATH", f"{node.bin}:{os.environ['PATH']}")
        patch.syspath_prepend(node.root / "usr/local/lib/devstack-node")
        yield node
    for name in [name for name in sys.modules if name.startswith("devstack_")]:
        del sys.modules[name]


@pytest.fixture
def make_host(
    make_node: Callable[..., Node], clouds: SimpleNamespace, tmp_path: Path
) -> Callable[..., Node]:
    """Make a node on a host that passes all checks, with a stand-in DevStack in its git base."""
    return partial(host.make, make_node, clouds, tmp_path)


@pytest.fixture
def controller(make_node: Callable[..., Node]) -> Node:
    return make_node("controller")


@pytest.fixture
def worker(make_node: Callable[..., Node]) -> Node:
    return make_node("worker")


def service(binary: str, host: str, zone: str = "internal", state: str = "up") -> dict[str, str]:
    """Return a row of a service list."""
    return {"Binary": binary, "Host": host, "Zone": zone, "Status": "enabled", "State": state}


def agent(kind: str, host: str, *, alive: bool = True) -> dict[str, object]:
    """Return a row of the network agent list."""
    return {"Agent Type": kind, "Host": host, "Alive": alive}


def fresh_cloud() -> dict[str, object]:
    """Return the stand-in cloud's state after stack.sh, before the post configuration."""
    host = "controller"
    devstack_flavors = ("m1.tiny", 1), ("m1.small", 2), ("m1.medium", 3)
    return {
        "compute": [
            service(f"nova-{name}", host) for name in ("compute", "scheduler", "conductor")
        ],
        "volume": [
            service("cinder-scheduler", host, "testaz1"),
            service("cinder-volume", f"{host}@lvmdriver-1", "testaz1"),
        ],
        "agents": [agent("OVN Controller Gateway agent", host), agent("OVN Neutron agent", host)],
        "aggregates": {},
        "mapped": [host],
        "types": ["lvmdriver-1"],
        "flavors": [
            {"ID": str(i), "Name": name, "RAM": 512 * i, "Disk": i, "Ephemeral": 0, "VCPUs": 1}
            for name, i in devstack_flavors
        ],
        "quotas": {},
        "networks": [{"Name": "public", "Subnets": ["5f3c"]}],
        "providers": [{"name": "amphora"}, {"name": "octavia"}],
        "images": [{"Name": "amphora-x64-haproxy"}],
    }


def add_worker(cloud: dict[str, object], host: str = "worker") -> dict[str, object]:
    """Add the worker's running services to a cloud state, and return it."""
    cloud["compute"].append(service("nova-compute", host))
    cloud["volume"].append(service("cinder-volume", f"{host}@lvmdriver-1", "testaz2"))
    cloud["agents"] += [agent("OVN Controller agent", host), agent("OVN Neutron agent", host)]
    return cloud


UDP_WITH_HEALTH_MANAGER = """\
  sl  local_address rem_address   st
  9: 6F00A8C0:15B3 00000000:0000 07
"""


@pytest.fixture(scope="session")
def clouds() -> SimpleNamespace:
    """Functions that make states of the stand-in cloud."""
    return SimpleNamespace(fresh=fresh_cloud, add_worker=add_worker, udp=UDP_WITH_HEALTH_MANAGER)


class _Server(socketserver.TCPServer):
    allow_reuse_address = True


class OtherNode:
    """The other node's devstack-state.socket. Refuses connections until it is given an answer."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._states: list[dict[str, object]] = []
        self._server: _Server | None = None

    def answers(self, *verdicts: str, **keys: object) -> None:
        """Set the next answers, one per question; the last one repeats."""
        told = {"error": "", "class": "", "failed_units": [], **keys}
        self._states = [{"verdict": verdict, "stage": verdict, **told} for verdict in verdicts]
        if self._server:
            return
        node = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                state = node._states.pop(0) if len(node._states) > 1 else node._states[0]
                self.wfile.write((json.dumps(state) + "\n").encode())

        self._server = _Server((self.address, 8799), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,)).start()

    def close(self) -> None:
        """Stop answering."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()


@pytest.fixture
def other_node() -> Iterator[OtherNode]:
    """The other node, on a loopback address that no other test process uses."""
    high, low = divmod(os.getpid(), 256)
    node = OtherNode(f"127.{128 + high // 256}.{high % 256}.{low}")
    yield node
    node.close()
