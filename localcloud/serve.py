"""Serve: the Compute API double and its machines, in one process, until a signal."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from pathlib import Path

from host.folders import cache_dir
from localcloud import daemon
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from localcloud.console import say
from localcloud.locks import take
from localcloud.machines.booted_cloud import BootedCloud
from localcloud.machines.simulated import SimulatedNodes
from localcloud.machines.strays import remove_strays
from localcloud.machines.tree import ensure_tree

# Stacks have the port in their state, so it is worth some waiting.
_PORT_WAIT_S = 5
_POLL_S = 0.1
# External IPs are loopback addresses: there, the machines answer ssh.
_EXTERNAL_RANGE = IPv4Network("127.64.0.0/24")


def detached(folder: Path, *, machines: bool) -> int:
    """Serve in a process that nobody waits for; return when it listens, 1 if it does not."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return 0 if os.read(reading, 1) else 1
    os.close(reading)
    os.setsid()
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        return serve(folder, machines=machines, ready=lambda: pipe.write(b"."))


def serve(folder: Path, *, machines: bool, ready: Callable[[], object] = lambda: None) -> int:
    """Run as the one daemon of a state folder; its instances boot, or are simulated."""
    lock = take(folder / "daemon.lock")
    if lock is None:
        say(f"another daemon serves {folder}")
        ready()
        return 0
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    cloud = _booted if machines else _simulated
    with lock, cloud(daemon.last_port(folder)) as (api, namespace):
        running = daemon.Daemon(pid=os.getpid(), port=api.port, namespace=namespace)
        daemon.announce(folder, running)
        ready()
        say(f"a double of the Compute Engine API, not Google Cloud, listens on {api.url}")
        ended.wait()
    return 0


@contextmanager
def _simulated(last_port: int) -> Iterator[tuple[ComputeApi, str]]:
    options = Options(port=_usable(last_port), external_range=_EXTERNAL_RANGE)
    with SimulatedNodes() as nodes, ComputeApi(options) as api:
        nodes.attach(api)
        yield api, ""


@contextmanager
def _booted(last_port: int) -> Iterator[tuple[ComputeApi, str]]:
    """The port is on a loopback of its own, which nobody else uses."""
    cache = cache_dir(os.environ)
    remove_strays(cache)
    with BootedCloud(ensure_tree(cache), Options(port=last_port)) as cloud:
        yield cloud.api, str(cloud.job)


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
