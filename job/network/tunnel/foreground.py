"""Command: `python -m job tunnel`, from a stack's outputs to a tunnel in the foreground."""

import os
import re
import signal
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from threading import Event
from typing import Any

from host.errors import JobError, RefusedError
from job.network.tunnel import record, redirection
from job.network.tunnel.bridge import container_on
from job.network.tunnel.namespace import Namespace
from job.network.tunnel.podman import refuse_podman
from job.network.tunnel.remote_python import wait_for_python
from job.network.tunnel.sshuttle import environment, find_program
from job.network.tunnel.supervisor import Limits, Supervisor
from job.nodes.ssh import Access

_NEEDED = (
    "controller_private_ip",
    "controller_public_ip",
    "known_hosts",
    "ssh_private_key",
    "ssh_user",
    "tunnel_cidrs",
)
_WEB = 80
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXAMPLE = "example: sudo .venv/bin/python -m job tunnel --stack ci --probe 10.0.3.15:80"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line asks for."""

    netns: Path | None
    probe: tuple[str, int] | None
    probe_from: Path | None
    probe_bridge: str | None
    limits: Limits


def add_options(parser: ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--netns", type=Path, metavar="PATH", help="the network namespace to open it in (Podman)"
    )
    parser.add_argument(
        "--probe",
        type=_address,
        metavar="HOST:PORT",
        help="what must answer through it; the controller's port 80 if not given",
    )
    container = parser.add_mutually_exclusive_group()
    container.add_argument(
        "--probe-bridge",
        metavar="NAME",
        help="a bridge of containers, such as docker0; the first probe is also made from there",
    )
    container.add_argument(
        "--probe-from",
        type=Path,
        metavar="PATH",
        help="a container's network namespace that the first probe is also made from",
    )
    parser.add_argument("--timeout", type=_seconds, default=Limits.ready_s, metavar="S")
    parser.add_argument("--interval", type=_seconds, default=Limits.interval_s, metavar="S")
    parser.add_argument("--restarts", type=int, default=Limits.restarts, metavar="N")


def options_of(given: Any) -> Options:
    """The options from parsed arguments."""
    return Options(
        netns=given.netns,
        probe=given.probe,
        probe_from=given.probe_from,
        probe_bridge=given.probe_bridge,
        limits=Limits(ready_s=given.timeout, interval_s=given.interval, restarts=given.restarts),
    )


def refuse(options: Options, environ: Mapping[str, str]) -> None:
    """Raise RefusedError for what no stack can change."""
    if os.geteuid() != 0:
        raise RefusedError(f"tunnel: routing needs root; {EXAMPLE}")
    for flag, path in (("--netns", options.netns), ("--probe-from", options.probe_from)):
        if path is not None and not path.exists():
            raise RefusedError(f"{flag}: there is no {path}")
    refuse_podman(Namespace(path=options.netns, environment=environment(environ)), environ)


def run(
    outputs: Mapping[str, Any],
    folder: Path,
    options: Options,
    environ: Mapping[str, str],
    stop: Event,
) -> None:
    """Hold the tunnel open until `stop`. Raises JobError if it cannot."""
    for name in _NEEDED:
        if not outputs.get(name):
            raise JobError(f"outputs: the stack has no '{name}'; run 'up' first")
    cidrs = [str(ip_network(cidr)) for cidr in outputs["tunnel_cidrs"]]
    deadline = time.monotonic() + options.limits.ready_s
    namespace = Namespace(path=options.netns, environment=environment(environ))
    record.take_over(folder / "tunnel.json", namespace)
    access = Access.write(outputs, folder)
    program, version = find_program(namespace)
    method = redirection.choose(namespace)
    target = options.probe or (outputs["controller_private_ip"], _WEB)
    print(f"tunnel: sshuttle {version}, method {method.name}, to {', '.join(cidrs)}", flush=True)
    wait_for_python(access, namespace, deadline, stop)
    state = record.Record(
        supervisor=os.getpid(),
        method=method.name,
        netns=str(options.netns or ""),
        probe=f"{target[0]}:{target[1]}",
    )
    with _container(options, namespace) as container:
        Supervisor(
            access=access,
            cidrs=cidrs,
            program=program,
            method=method,
            namespace=namespace,
            target=target,
            container=container,
            limits=options.limits,
            record=state,
            folder=folder,
            stop=stop,
        ).supervise(deadline)
    print(f"tunnel: ended; restarts: {state.restarts}", flush=True)


@contextmanager
def _container(options: Options, namespace: Namespace) -> Iterator[Namespace | None]:
    """Where the first probe is also made from, if that was asked for."""
    if options.probe_bridge:
        with container_on(options.probe_bridge, namespace) as path:
            yield Namespace(path=path, environment=namespace.environment)
    elif options.probe_from:
        yield Namespace(path=options.probe_from, environment=namespace.environment)
    else:
        yield None


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """An event that the first signal to end sets; the same as later ones."""
    stop = Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _address(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"([\d.]+):(\d+)", text)
    if not found:
        raise ArgumentTypeError(f"{text!r} is not HOST:PORT, such as 10.0.3.15:80")
    return found[1], int(found[2])


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise ArgumentTypeError(f"{text} is no time")
    return seconds
