"""Daemon: the API double and its machines, kept running between two commands.

There is one in each state folder: it holds a lock for as long as it lives. A file tells others
where it is, and whether its process still runs is looked up, so a killed one is not mistaken.
"""

import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from host.folders import CHECKOUT
from host.processes import Child, Program, alive
from localcloud.console import say
from localcloud.errors import LocalcloudError
from localcloud.machines.switch import inside

# Of a busy machine; machines that boot have much to take down.
_START_S = 120
_STOP_S = 120
_POLL_S = 0.05
_REQUEST_S = 60
_CONTROLS = "/_localcloud/"


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """A daemon that runs."""

    pid: int
    port: int
    namespace: str = ""
    """The network namespace on whose loopback it is; empty: this machine's own."""

    @property
    def endpoint(self) -> str:
        """What the gcp provider takes for Compute Engine."""
        return f"http://127.0.0.1:{self.port}/compute/v1/"


def ensure_running(
    folder: Path, latency_s: Mapping[str, float], *, machines: bool = False
) -> Daemon:
    """The daemon of a state folder, started if need be; its operations take that long."""
    daemon = find(folder)
    if daemon is None:
        daemon = _start(folder, machines=machines)
        say(f"the Compute API double runs at {daemon.endpoint}; log: {_log(folder)}")
    elif not _answers(daemon):
        raise LocalcloudError(
            f"daemon: process {daemon.pid} runs but does not answer on port {daemon.port};"
            f" read {_log(folder)}, then run 'python -m localcloud stop'"
        )
    if latency_s:
        ask(daemon, "POST", "latency", dict(latency_s))
    return daemon


def find(folder: Path) -> Daemon | None:
    """The daemon that runs, if one does."""
    path = folder / "daemon.json"
    try:
        daemon = Daemon(**json.loads(path.read_text(encoding="utf-8")))
        written_at = path.stat().st_mtime
    except FileNotFoundError:
        return None
    return daemon if alive(daemon.pid, written_at=written_at) else None


def stop(folder: Path) -> bool:
    """End the daemon and wait until it is gone; False if none runs."""
    daemon = find(folder)
    if daemon is None:
        return False
    os.kill(daemon.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_S
    while find(folder) == daemon:
        if time.monotonic() > deadline:
            raise LocalcloudError(f"daemon: process {daemon.pid} did not end within {_STOP_S} s")
        time.sleep(_POLL_S)
    return True


def ask(daemon: Daemon, method: str, control: str, body: object = None) -> Any:
    """Ask the double something that only it understands: compute_api/admin.py. Its answer."""
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
    """The port of the last daemon, 0 if there was none: stacks have it in their state."""
    try:
        port: int = json.loads((folder / "daemon.json").read_text(encoding="utf-8"))["port"]
    except (OSError, ValueError):
        return 0
    return port


def announce(folder: Path, daemon: Daemon) -> None:
    """Write down where a daemon that now listens is found."""
    partial = folder / "daemon.json.partial"
    partial.write_text(json.dumps(asdict(daemon)), encoding="utf-8")
    partial.rename(folder / "daemon.json")


def _start(folder: Path, *, machines: bool) -> Daemon:
    """Start a daemon that outlives this process, and wait until it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    serve = ["serve", "--detach", *(["--machines"] if machines else [])]
    program = Program(
        command=[sys.executable, "-m", "localcloud", "--folder", folder, *serve],
        environment=os.environ,
        folder=CHECKOUT,
    )
    with _log(folder).open("a") as log:
        code = Child(program, log.fileno()).wait()
    # One that lost against another just started did not fail, and the other may need a moment.
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
