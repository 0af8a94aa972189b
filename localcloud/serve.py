"""Serve: the Compute API double and simulated machines, in one process, until a signal."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path

from localcloud import daemon
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from localcloud.console import say
from localcloud.machines.simulated import SimulatedNodes

# Stacks have the port in their state, so it is worth some waiting.
_PORT_WAIT_S = 5
_POLL_S = 0.1
# External IPs are loopback addresses: there, the machines answer ssh.
_EXTERNAL_RANGE = IPv4Network("127.64.0.0/24")


def detached(folder: Path) -> int:
    """Serve in a process that nobody waits for; return when it listens, 1 if it does not."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return 0 if os.read(reading, 1) else 1
    os.close(reading)
    os.setsid()
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        return serve(folder, ready=lambda: pipe.write(b"."))


def serve(folder: Path, ready: Callable[[], object] = lambda: None) -> int:
    """Run as the one daemon of a state folder."""
    lock = daemon.take_lock(folder)
    if lock is None:
        say(f"another daemon serves {folder}")
        ready()
        return 0
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    options = Options(port=_usable(daemon.last_port(folder)), external_range=_EXTERNAL_RANGE)
    with lock, SimulatedNodes() as nodes, ComputeApi(options) as api:
        nodes.attach(api)
        daemon.announce(folder, daemon.Daemon(pid=os.getpid(), port=api.port))
        ready()
        say(f"a double of the Compute Engine API, not Google Cloud, listens on {api.url}")
        ended.wait()
    return 0


def _usable(port: int) -> int:
    """The port, or 0 (any) if somebody else has it: that of a killed daemon is soon free."""
    deadline = time.monotonic() + _PORT_WAIT_S
    while port and time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                time.sleep(_POLL_S)
            else:
                return port
    return 0
