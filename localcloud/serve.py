"""Serve: the daemon's own process, with the Compute API double and its machines.

It accepts one daemon for each state folder; a second one ends at once without a failure, because
the caller has what it asked for. SIGINT and SIGTERM end it and all machines.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Network
from pathlib import Path

from host.ending import EndedError, ended_by_signals
from host.folders import cache_dir
from host.locks import take
from localcloud import daemon
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from localcloud.console import say
from localcloud.daemon import Daemon
from localcloud.devstack.real.probes import probe_host
from localcloud.devstack.real.workload import RealDevStack
from localcloud.kind import Kind
from localcloud.machines.booted_cloud import BootedCloud
from localcloud.machines.simulated import SimulatedNodes
from localcloud.machines.strays import remove_strays
from localcloud.machines.tree import ensure_tree

# Stacks have the endpoint in their state, so waiting for the last port is better than a new one.
_PORT_WAIT_S = 5
_POLL_S = 0.1
# Simulated nodes answer ssh on their external IP, so it must be an address of this machine.
_EXTERNAL_RANGE = IPv4Network("127.64.0.0/24")


def detached(folder: Path, kind: Kind) -> int:
    """Serve in a background process. Return 0 once it listens, 1 if it ended before that."""
    # If the child dies, its end of the pipe closes, so the parent never waits for ever.
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return 0 if os.read(reading, 1) else 1
    os.close(reading)
    # Ctrl-C in the terminal must not reach the daemon.
    os.setsid()
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        return serve(folder, kind, ready=lambda: pipe.write(b"."))


def serve(folder: Path, kind: Kind, ready: Callable[[], object] = lambda: None) -> int:
    """Run as the daemon of a state folder until a signal. Return the exit code, always 0.

    `ready` is called once the API listens, or if another daemon serves the folder already.
    """
    lock = take(folder / "daemon.lock")
    if lock is None:
        say(f"another daemon serves {folder}")
        ready()
        return 0
    cloud = _booted(folder, kind) if kind.machines else _simulated(folder)
    with lock, ended_by_signals() as ending, cloud as running:
        daemon.announce(folder, running)
        ready()
        say(f"a double of the Compute Engine API, not Google Cloud, listens on {running.endpoint}")
        with suppress(EndedError):
            ending.wait_for([])
    return 0


@contextmanager
def _simulated(folder: Path) -> Iterator[Daemon]:
    options = Options(port=_usable(daemon.last_port(folder)), external_range=_EXTERNAL_RANGE)
    with SimulatedNodes() as nodes, ComputeApi(options) as api:
        nodes.attach(api)
        yield Daemon(pid=os.getpid(), port=api.port)


@contextmanager
def _booted(folder: Path, kind: Kind) -> Iterator[Daemon]:
    """Serve instances that boot, with the API on the loopback of a new namespace."""
    cache = cache_dir(os.environ)
    real = RealDevStack(folder, kind.mirrors, probe_host()) if kind.real else None
    # A killed daemon could not remove its machines, and nobody else would.
    remove_strays(cache, *([real.machines] if real else []))
    options = Options(port=daemon.last_port(folder))
    with BootedCloud(ensure_tree(cache), options, real) as cloud:
        yield Daemon(
            pid=os.getpid(),
            port=cloud.api.port,
            namespace=str(cloud.job),
            beside_nodes=str(cloud.beside_nodes),
            resolver=cloud.workload.resolver,
            mirrors=str(kind.mirrors or ""),
            settings=dict(cloud.workload.settings),
        )


def _usable(port: int) -> int:
    """Return the port once it is free, or 0, which means any, if it stays in use.

    The port of a daemon that was just killed becomes free after a moment.
    """
    deadline = time.monotonic() + _PORT_WAIT_S
    while port and time.monotonic() < deadline:
        with socket.socket() as probe:
            # As the server does: a port with old connections in TIME_WAIT counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                time.sleep(_POLL_S)
            else:
                return port
    return 0
