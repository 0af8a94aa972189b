"""Wait: `python -m job wait`, until the nodes are ready or have failed."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from host.ending import Ending
from host.errors import JobError, RefusedError
from job.nodes import ssh
from job.nodes.display import display, elapsed
from job.nodes.status import State, Subject
from job.nodes.watch import Watch

Wanted = Literal["controller", "worker", "all"]


_WANTED: dict[Wanted, tuple[Subject, ...]] = {
    "controller": ("controller",),
    "worker": ("registration",),
    "all": ("controller", "registration"),
}
_LOOK_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command."""

    wanted: Wanted
    timeout_s: float
    silence_s: float


def add_options(parser: ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--for",
        dest="wanted",
        choices=tuple(_WANTED),
        default="all",
        help="worker: that it is in the second availability zone (all)",
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=5400.0,
        metavar="S",
        help="seconds until the wait fails (%(default).0f)",
    )
    parser.add_argument(
        "--silence",
        type=float,
        default=900.0,
        metavar="S",
        help="seconds that a node may not answer ssh (%(default).0f)",
    )


def options_of(given: Namespace) -> Options:
    """Convert parsed arguments."""
    return Options(wanted=given.wanted, timeout_s=given.timeout, silence_s=given.silence)


def run(outputs: Mapping[str, Any], folder: Path, options: Options, ending: Ending) -> None:
    """Wait and print progress. Raises JobError for a failed or silent node, or a time-out."""
    nodes = ssh.nodes(outputs, folder)
    if options.wanted == "worker" and "worker" not in nodes:
        raise RefusedError("--for: the stack has no worker; wait for the controller")
    began = time.monotonic()
    with closing(display()) as screen, closing(Watch(nodes, screen.say)) as watch:
        while not _is_ready(states := watch.poll(), options.wanted):
            _refuse_hopeless(states, options, began)
            screen.show(states, began)
            ending.wait(_LOOK_S)


def _is_ready(states: Mapping[Subject, State], wanted: Wanted) -> bool:
    """Tell whether all wanted subjects that the stack has are ready."""
    return all(states[name].verdict == "ready" for name in _WANTED[wanted] if name in states)


def _refuse_hopeless(states: Mapping[Subject, State], options: Options, began: float) -> None:
    """Raise JobError if a needed subject failed or is silent, or at the time limit."""
    # A failed build on either node prevents the registration.
    needed = [states["controller"]] if options.wanted == "controller" else list(states.values())
    for state in needed:
        if state.verdict == "failed":
            after = elapsed(began).strip()
            raise JobError(f"{state.subject}: {state}; after {after}; 'logs' collects more")
    pending = [state for state in needed if not state.is_final]
    for state in pending:
        if state.silent_s > options.silence_s:
            raise JobError(
                f"{state.subject}: no answer over ssh for {state.silent_s:.0f} s"
                f" ({state.trouble}), last heard of in: {state}; replace the instance"
            )
    if time.monotonic() - began > options.timeout_s:
        where = "; ".join(f"{state.subject}: {state}" for state in pending)
        raise JobError(f"wait: not ready within {options.timeout_s:.0f} s: {where}")
