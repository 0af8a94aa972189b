"""State: derive the node's current state, and record it (`devstack-node state`).

docs/readiness.md is the contract. A stored state may be older than a reboot or than the end of
cloud-init, or unreadable. None of these is ever reported as ready.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from devstack_node import cloud_init, environment, failure, files, marker, node, records
from devstack_node.failure import Failure

if TYPE_CHECKING:
    from devstack_node.records import State

_REBOOT = "reboot"
_NO_FAILURE = Failure()


def current(subject: str, unreadable: list[str] | None = None) -> State:
    """Return a subject's current state. Problems with reading it are added to `unreadable`."""
    notes = [] if unreadable is None else unreadable
    found = _worker(notes) if subject == "worker" else _node(notes)
    if notes and found["verdict"] == "ready":
        return {**found, "verdict": "failed", **records.failed(_unreadable(notes))}
    return found


def _unreadable(notes: list[str]) -> Failure:
    said = "; ".join(notes)
    return Failure(f"cannot be read: {said}; replace the instance", "infrastructure")


def _node(notes: list[str]) -> State:
    try:
        state = records.read("node")
    except files.UnreadableError as error:
        notes.append(str(error))
        return records.make("node", "unknown", "failed", _unreadable(notes), notes)
    if state is None:
        return _before_the_build(notes)
    return state if state["verdict"] == "failed" else _as_of_now(state, notes)


def _as_of_now(state: State, notes: list[str]) -> State:
    boot_id = files.attempt(node.boot_id, state["boot_id"], notes)
    if boot_id != state["boot_id"]:
        if state["verdict"] == "ready" or state["stage"].startswith(_REBOOT):
            return {**state, "verdict": "pending", "stage": _REBOOT}
        return _interrupted(state, "rebooted")
    later = (_REBOOT, marker.SEAL_STAGE)
    building = state["verdict"] == "pending" and not state["stage"].startswith(later)
    # cloud-init ends after runcmd, so the build no longer runs.
    if building and cloud_init.has_ended():
        return _interrupted(state, "devstack-build ended without a verdict")
    files.attempt(environment.read, environment.Settings(), notes)
    return state


def _interrupted(state: State, how: str) -> State:
    # DevStack cannot resume an interrupted stack.sh.
    error = f"{how} during '{state['stage']}'; replace the instance"
    return {**state, "verdict": "failed", "error": error, "class": "interrupted"}


def _worker(notes: list[str]) -> State:
    try:
        settings = environment.read()
        has_worker = settings["WORKER_HOSTNAME"] != ""
        state = records.read("worker")
    except files.UnreadableError as error:
        notes.append(str(error))
        return records.make("worker", "unknown", "failed", _unreadable(notes), notes)
    if not has_worker:
        none = Failure("this stack has no worker", "configuration")
        return records.make("worker", "none", "failed", none, notes)
    controller = current("node", notes)
    if controller["verdict"] == "failed":
        told = f"controller: {controller['error']}"
        return {**controller, "subject": "worker", "error": told}
    if state is None:
        waiting = "waiting for the controller"
        return records.make("worker", waiting, "pending", _NO_FAILURE, notes)
    if files.attempt(node.boot_id, state["boot_id"], notes) != state["boot_id"]:
        return {**state, "verdict": "pending", "stage": _REBOOT, **records.failed(_NO_FAILURE)}
    return state


def _before_the_build(notes: list[str]) -> State:
    if not cloud_init.has_ended():
        return records.make("node", "cloud-init", "pending", _NO_FAILURE, notes)
    # cloud-init ends after runcmd, which should have started the build.
    odd: list[str] = []
    reason = "; ".join([*cloud_init.errors(odd), *odd]) or "it reports no error"
    error = f"cloud-init ended without starting the build: {reason}"
    return records.make("node", "cloud-init", "failed", Failure(error, "configuration"), notes)


def main(arguments: list[str]) -> int:
    """Record a stage or a verdict of the node's scripts."""
    parser = argparse.ArgumentParser(prog="devstack-node state")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("claim", help="begin, or fail if this instance has begun before")
    actions.add_parser("boot", help="begin again after a reboot, or fail if there is no way on")
    actions.add_parser("ready")
    actions.add_parser("interrupt", help="end by a signal")
    actions.add_parser("stage").add_argument("name")
    fail = actions.add_parser("fail")
    fail.add_argument("what")
    fail.add_argument("--log", help="say the first failing line of this file too")
    options = parser.parse_args(arguments)
    if options.action == "claim" and records.exists("node"):
        return 1
    if options.action == "boot" and not records.exists("node"):
        # The first boot of an image: devstack-build is still to come.
        return 1
    if options.action in ("boot", "interrupt"):
        return _record_again(options.action)
    _record(options)
    return 0


def _record_again(action: str) -> int:
    state = current("node")
    if action == "interrupt":
        state = _interrupted(state, "ended by a signal")
    why = Failure(state["error"], state["class"], state["log_tail"])
    records.write("node", state["stage"], state["verdict"], why)
    return 1 if action == "boot" and state["verdict"] == "failed" else 0


def _record(options: argparse.Namespace) -> None:
    if options.action == "stage":
        node.say(options.name)
        records.write("node", options.name, "pending")
    elif options.action == "fail":
        why = failure.explain(options.what, options.log)
        records.write("node", current("node")["stage"], "failed", why)
    else:
        stage, verdict = {"claim": ("start", "pending"), "ready": ("ready", "ready")}[
            options.action
        ]
        records.write("node", stage, verdict)
