"""Status: `devstack-status` reports the node's state, for people and for the job.

docs/readiness.md is the contract.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

from devstack_node import cloud_init, environment, failure, files, node, state

if TYPE_CHECKING:
    from devstack_node.records import State

_EXIT = {"ready": 0, "failed": 1, "pending": 3}
_EXIT_USAGE = 2
_EXIT_DEADLINE = 4
_FAILED_UNITS = "systemctl list-units --state=failed --plain --no-legend devstack@*"
_SYSTEMD_S = 10.0
"""Less than the 20 s after which the job gives up on an answer."""
_POLL_S = 2.0
_QUIET_S = 30.0
"""Longest silence. NAT and ssh drop connections that are idle for longer."""


def main(arguments: list[str]) -> int:
    """Show the state, wait for a verdict, or follow it. The last line of output is JSON."""
    parser = argparse.ArgumentParser(prog="devstack-status")
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="print the state")
    wait = commands.add_parser("wait", help="wait for a verdict")
    wait.add_argument("--timeout", type=float, required=True, metavar="SECONDS")
    follow = commands.add_parser("follow", help="say what happens until there is a verdict")
    for command in (show, wait, follow):
        command.add_argument("--for", dest="subject", choices=("node", "worker"), default="node")
    options = parser.parse_args(arguments)
    # If the role is unreadable, the answer below reports it.
    role = files.attempt(lambda: environment.read()["ROLE"], "controller", [])
    if options.subject == "worker" and role != "controller":
        node.say("only the controller knows of the worker's registration")
        return _EXIT_USAGE
    if options.command == "show":
        return _answer(_look(options.subject))
    seconds = options.timeout if options.command == "wait" else float("inf")
    return _wait(options.subject, node.Deadline(seconds))


def _wait(subject: str, deadline: node.Deadline) -> int:
    last_line, last_time = "", 0.0
    while True:
        found = _look(subject)
        line = " ".join(filter(None, (subject, found["verdict"], found["stage"], found["detail"])))
        if line != last_line or time.monotonic() - last_time >= _QUIET_S:
            node.say(line)
            last_line, last_time = line, time.monotonic()
        if found["verdict"] != "pending":
            return _answer(found)
        if deadline.passed():
            node.say(f"no verdict within {deadline.seconds:.0f} s")
            _answer(found)
            return _EXIT_DEADLINE
        deadline.sleep(_POLL_S)


def _look(subject: str) -> State:
    unreadable: list[str] = []
    found = state.current(subject, unreadable)
    # cloud-init's errors do not decide the verdict, not even unreadable ones.
    complaints = cloud_init.errors(unreadable)
    units = []
    if subject == "node" and found["verdict"] == "ready":
        try:
            units = _failed_units()
        except RuntimeError as error:
            # Stay pending: systemd may answer the next query.
            found = {**found, "verdict": "pending", "stage": "systemd does not answer"}
            unreadable.append(failure.mask(f"failed units: {error}"))
    return {
        **found,
        "detail": _phase(unreadable) if found["stage"] == "stack.sh" else "",
        "failed_units": units,
        "cloud_init": complaints,
        "unreadable": unreadable,
    }


def _failed_units() -> list[str]:
    """Return DevStack's failed units. Nova and Neutron report them only after up to 12 minutes."""
    columns = node.run(*_FAILED_UNITS.split(), timeout_s=_SYSTEMD_S)
    return [line.split()[0] for line in columns.splitlines() if line.strip()]


def _phase(unreadable: list[str]) -> str:
    """Return the current phase of stack.sh; empty before the first."""
    if not node.SUMMARY.exists():
        return ""
    lines = files.attempt(lambda: files.text(node.SUMMARY), "", unreadable).split("\n")
    said = [line.partition("| ")[2].strip() for line in lines]
    return failure.mask(next((phase for phase in reversed(said) if phase), ""))


def _answer(found: State) -> int:
    print(json.dumps(found), flush=True)
    return _EXIT[found["verdict"]]
