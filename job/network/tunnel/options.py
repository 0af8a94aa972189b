"""Options: parameters of a tunnel, from the command line or from the job."""

import os
import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from host.errors import RefusedError
from job.network.tunnel.namespace import Namespace
from job.network.tunnel.podman import refuse_podman
from job.network.tunnel.sshuttle import environment

_EXAMPLE = "example: sudo .venv/bin/python -m job tunnel --stack ci --probe 10.0.3.15:80"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Namespace, probes and time limits of a tunnel."""

    netns: Path | None = None
    probe: tuple[str, int] | None = None
    probe_from: Path | None = None
    probe_bridge: str | None = None
    ready_s: float = 300
    interval_s: float = 10
    restarts: int = 20


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
    for flag, name in (("--timeout", "ready_s"), ("--interval", "interval_s")):
        default = getattr(Options, name)
        parser.add_argument(flag, dest=name, type=_seconds, default=default, metavar="S")
    parser.add_argument("--restarts", type=int, default=Options.restarts, metavar="N")


def options_of(given: Any) -> Options:
    """Convert parsed arguments."""
    return Options(**{field.name: getattr(given, field.name) for field in fields(Options)})


def refuse(options: Options, environ: Mapping[str, str]) -> None:
    """Raise RefusedError for problems that do not depend on the stack."""
    if os.geteuid() != 0:
        raise RefusedError(f"tunnel: routing needs root; {_EXAMPLE}")
    for flag, path in (("--netns", options.netns), ("--probe-from", options.probe_from)):
        if path is not None and not path.exists():
            raise RefusedError(f"{flag}: there is no {path}")
    refuse_podman(Namespace(path=options.netns, environment=environment(environ)), environ)


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
