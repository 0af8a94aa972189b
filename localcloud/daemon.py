"""Daemon: the API double and its machines, kept running between two commands.

Each state folder has at most one daemon, which holds `daemon.lock` until it ends. `daemon.json` has
its process ID, port and network namespace. A killed daemon leaves that file, so the file counts
only while its process runs and is older than the file: process IDs are used again.
"""

import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from host.folders import CHECKOUT
from host.processes import Child, Program, alive
from localcloud.console import say
from localcloud.errors import LocalcloudError
from localcloud.kind import Kind
from localcloud.machines.switch import inside

# Generous, for a busy machine. A daemon may copy mirrors before it listens, and it removes all
# machines before it ends.
_START_S = 600
_STOP_S = 600
_POLL_S = 0.05
_REQUEST_S = 60
# Google's API has no path that begins so.
_CONTROLS = "/_localcloud/"
_SIMULATED = Kind()


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """The contents of `daemon.json`."""

    pid: int
    port: int
    namespace: str = ""
    """Path of the network namespace on whose loopback it listens; empty: this machine's own."""
    beside_nodes: str = ""
    """Path of the namespace of the nodes' network; empty: its nodes are simulated."""
    resolver: str = ""
    """Address of the name server for commands in both namespaces; empty: the host's."""
    mirrors: str = ""
    """The folder of mirrors from which nodes are built; empty: none."""
    settings: dict[str, Any] = field(default_factory=dict, hash=False)
    """Settings by full name that lead a stack to it, beside its endpoint."""

    @property
    def endpoint(self) -> str:
        """URL for the gcp provider's option `computeCustomEndpoint`."""
        return f"http://127.0.0.1:{self.port}/compute/v1/"


def ensure_running(folder: Path, latency_s: Mapping[str, float], kind: Kind = _SIMULATED) -> Daemon:
    """Return the daemon of a state folder. Start one of this kind if none runs.

    `latency_s` has seconds by kind of operation; they also apply to a daemon that runs already.
    Raises LocalcloudError if the daemon does not start, runs without answering, or has other
    mirrors.
    """
    daemon = find(folder)
    if daemon is None:
        daemon = _start(folder, kind)
        say(f"the Compute API double runs at {daemon.endpoint}; log: {_log(folder)}")
    elif not _answers(daemon):
        raise LocalcloudError(
            f"daemon: process {daemon.pid} runs but does not answer on port {daemon.port};"
            f" read {_log(folder)}, then run 'python -m localcloud stop'"
        )
    if kind.mirrors and str(kind.mirrors) != daemon.mirrors:
        raise LocalcloudError(
            f"daemon: it runs with {daemon.mirrors or 'no mirrors'}, not with {kind.mirrors};"
            " end it first, by 'make down' or 'python -m localcloud stop'"
        )
    if latency_s:
        ask(daemon, "POST", "latency", dict(latency_s))
    return daemon


def find(folder: Path) -> Daemon | None:
    """Return the running daemon of a state folder, or None."""
    path = folder / "daemon.json"
    try:
        daemon = Daemon(**json.loads(path.read_text(encoding="utf-8")))
        written_at = path.stat().st_mtime
    except FileNotFoundError:
        return None
    return daemon if alive(daemon.pid, written_at=written_at) else None


def stop(folder: Path) -> bool:
    """End the daemon and wait until it is gone. Return False if none runs.

    Raises LocalcloudError if it still runs after the grace period.
    """
    daemon = find(folder)
    if daemon is None:
        return False
    os.kill(daemon.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_S
    # Compared, because somebody else may start a new daemon as soon as this one is gone.
    while find(folder) == daemon:
        if time.monotonic() > deadline:
            raise LocalcloudError(f"daemon: process {daemon.pid} did not end within {_STOP_S} s")
        time.sleep(_POLL_S)
    return True


def ask(daemon: Daemon, method: str, control: str, body: object = None) -> Any:
    """Send a request to the double's own controls (compute_api/admin.py). Return the parsed answer.

    Raises LocalcloudError for a refusal, OSError or HTTPException for a broken connection.
    """
    # A namespace has a loopback of its own, which only a thread inside it can reach.
    if daemon.namespace:
        return inside(Path(daemon.namespace), lambda: _ask(daemon.port, method, control, body))
    return _ask(daemon.port, method, control, body)


def _ask(port: int, method: str, control: str, body: object) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_REQUEST_S)
    try:
        connection.request(
            method,
            f"{_CONTROLS}{control}",
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise LocalcloudError(f"daemon: {method} {control} was refused: {text}")
    return json.loads(text)


def last_port(folder: Path) -> int:
    """Return the port of the last daemon, or 0 if there was none.

    Stacks have the endpoint in their state, so the next daemon takes the same port if it can.
    """
    try:
        port: int = json.loads((folder / "daemon.json").read_text(encoding="utf-8"))["port"]
    except (OSError, ValueError):
        return 0
    return port


def announce(folder: Path, daemon: Daemon) -> None:
    """Write `daemon.json` for a daemon that listens now. Readers never see half of the file."""
    partial = folder / "daemon.json.partial"
    partial.write_text(json.dumps(asdict(daemon)), encoding="utf-8")
    partial.rename(folder / "daemon.json")


def _start(folder: Path, kind: Kind) -> Daemon:
    """Start a daemon that outlives this process, and wait until it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    serve = ["serve", "--detach", *kind.options]
    program = Program(
        command=[sys.executable, "-m", "localcloud", "--folder", folder, *serve],
        environment=os.environ,
        folder=CHECKOUT,
    )
    # `serve --detach` returns when the daemon in the background listens.
    with _log(folder).open("a") as log:
        code = Child(program, log.fileno()).wait()
    # Code 0 may also mean that another daemon took the lock first. That one may not listen yet.
    deadline = time.monotonic() + _START_S
    while code == 0 and time.monotonic() < deadline:
        daemon = find(folder)
        if daemon is not None and _answers(daemon):
            return daemon
        time.sleep(_POLL_S)
    raise LocalcloudError(f"daemon: it did not start; read {_log(folder)}")


def _log(folder: Path) -> Path:
    return folder / "daemon.log"


def _answers(daemon: Daemon) -> bool:
    try:
        ask(daemon, "GET", "inventory")
    except (OSError, http.client.HTTPException, LocalcloudError):
        return False
    return True
