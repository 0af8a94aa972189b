"""Wait: `python -m job wait`, until the nodes are ready or have failed."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
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
# Subjects whose failure ends the wait: a failed build on either node prevents the registration.
_NEEDED: dict[Wanted, tuple[Subject, ...]] = {
    "controller": ("controller",),
    "worker": ("controller", "worker", "registration"),
    "all": ("controller", "worker", "registration"),
}
_LOOK_S = 0.5
_DEFAULT_TIMEOUT_S, _DEFAULT_SILENCE_S = 5400.0, 900.0


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
        default=_DEFAULT_TIMEOUT_S,
        metavar="S",
        help=f"seconds until the wait fails ({_DEFAULT_TIMEOUT_S:.0f})",
    )
    parser.add_argument(
        "--silence",
        type=float,
        default=_DEFAULT_SILENCE_S,
        metavar="S",
        help=f"seconds that a node may not answer ssh ({_DEFAULT_SILENCE_S:.0f})",
    )


def options_of(given: Namespace) -> Options:
    """Convert parsed arguments."""
    return Options(wanted=given.wanted, timeout_s=given.timeout, silence_s=given.silence)


def run(outputs: Mapping[str, Any], folder: Path, options: Options, ending: Ending) -> None:
    """Wait and print progress. Raises JobError for a failed or silent node, or a time-out."""
    nodes = ssh.nodes(outputs, folder)
    if options.wanted == "worker" and "worker" not in nodes:
        raise RefusedError("--for: the stack has no worker; wait for the controller")
    began, screen = time.monotonic(), display()
    try:
        with Watch(nodes, screen.say) as watch:
            while not is_ready(states := watch.poll(), options.wanted):
                if error := _refusal(states, options, began):
                    raise error
                screen.show(states, began)
                ending.wait(_LOOK_S)
    finally:
        screen.close()


def is_ready(states: Mapping[Subject, State], wanted: Wanted) -> bool:
    """Tell whether all wanted subjects that the stack has are ready."""
    return all(states[name].verdict == "ready" for name in _WANTED[wanted] if name in states)


def failed(states: Mapping[Subject, State], wanted: Wanted) -> State | None:
    """Return the failure that makes the wait useless: a node's before the registration's."""
    needed = (states[name] for name in _NEEDED[wanted] if name in states)
    return next((state for state in needed if state.verdict == "failed"), None)


def _refusal(states: Mapping[Subject, State], options: Options, began: float) -> JobError | None:
    """Return the error that ends the wait, if there is one."""
    after = f"after {elapsed(began).strip()}"
    if state := failed(states, options.wanted):
        return JobError(f"{state.subject}: {state}; {after}; 'logs' collects more")
    pending = [
        states[name]
        for name in _NEEDED[options.wanted]
        if name in states and not states[name].is_final
    ]
    for state in pending:
        if state.silent_s > options.silence_s:
            return JobError(
                f"{state.subject}: no answer over ssh for {state.silent_s:.0f} s"
                f" ({state.trouble}), last heard of in: {state}; replace the instance"
            )
    if time.monotonic() - began > options.timeout_s:
        where = "; ".join(f"{state.subject}: {state}" for state in pending)
        return JobError(f"wait: not ready within {options.timeout_s:.0f} s: {where}")
    return None
