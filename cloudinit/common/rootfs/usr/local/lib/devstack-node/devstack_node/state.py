"""State: how far this node is and how it ended, in one file a subject, and as events.

The subject `node` is this machine, `worker` the controller's view of the worker's registration.
docs/readiness.md is the contract.
"""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from devstack_node import failure, node

State = dict[str, Any]

_SCHEMA = 1
_FILES = {"node": "state.json", "worker": "worker.json"}
_REBOOT = "reboot"


def record(subject: str, stage: str, verdict: str, error: str = "", error_class: str = "") -> None:
    """Write the subject's state in this boot, and an event, unless that is what it was."""
    state = _state(subject, stage, verdict, error, error_class)
    before = _recorded(subject)
    if before and {**before, "since": state["since"]} == state:
        return
    line = json.dumps(state) + "\n"
    path = node.STATE_DIRECTORY / _FILES[subject]
    path.parent.mkdir(parents=True, exist_ok=True)
    # A reader sees the old state or the new one, even if the power fails.
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    with (path.parent / "events.jsonl").open("a", encoding="utf-8") as events:
        events.write(line)


def current(subject: str) -> State:
    """The subject's state as it is now: a reboot or cloud-init's end changes what was written."""
    state = _recorded(subject)
    if subject == "worker":
        return _worker(state)
    if state is None:
        return _before_the_build()
    if state["boot_id"] == node.boot_id() or state["verdict"] == "failed":
        return state
    if state["verdict"] == "ready" or state["stage"].startswith(_REBOOT):
        return {**state, "verdict": "pending", "stage": _REBOOT}
    return _interrupted(state, "rebooted")


def _interrupted(state: State, how: str) -> State:
    # Half a DevStack cannot be mended in place.
    error = f"{how} during '{state['stage']}'; replace the instance"
    return {**state, "verdict": "failed", "error": error, "class": "interrupted"}


def _worker(state: State | None) -> State:
    if not node.settings()["WORKER_HOSTNAME"]:
        return _state("worker", "none", "failed", "this stack has no worker", "configuration")
    controller = current("node")
    if controller["verdict"] == "failed":
        error = f"controller: {controller['error']}"
        return {**controller, "subject": "worker", "error": error}
    if state is None:
        return _state("worker", "waiting for the controller", "pending")
    if state["boot_id"] != node.boot_id():
        return {**state, "verdict": "pending", "stage": _REBOOT, "error": "", "class": ""}
    return state


def _before_the_build() -> State:
    result = node.ROOT / "run/cloud-init/result.json"
    if not result.exists():
        return _state("node", "cloud-init", "pending")
    # It is written after runcmd has run, so the build should have begun.
    errors = json.loads(result.read_text(encoding="utf-8"))["v1"]["errors"]
    reason = "; ".join(errors) or "it reports no error"
    error = f"cloud-init ended without starting the build: {reason}"
    return _state("node", "cloud-init", "failed", error, "configuration")


def _state(subject: str, stage: str, verdict: str, error: str = "", error_class: str = "") -> State:
    return {
        "schema": _SCHEMA,
        "node": node.settings()["ROLE"],
        "subject": subject,
        "stage": stage,
        "since": node.timestamp(),
        "verdict": verdict,
        "error": error,
        "class": error_class,
        "boot_id": node.boot_id(),
    }


def _recorded(subject: str) -> State | None:
    path = node.STATE_DIRECTORY / _FILES[subject]
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def main(arguments: list[str]) -> int:
    """Record what a script of the node is about to do, or how it ended."""
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
    return _ACTIONS[options.action](options)


def _claim(_: argparse.Namespace) -> int:
    if _recorded("node"):
        return 1
    record("node", "start", "pending")
    return 0


def _boot(_: argparse.Namespace) -> int:
    return _record_again(current("node"))


def _interrupt(_: argparse.Namespace) -> int:
    _record_again(_interrupted(current("node"), "ended by a signal"))
    return 0


def _record_again(state: State) -> int:
    record("node", state["stage"], state["verdict"], state["error"], state["class"])
    return 1 if state["verdict"] == "failed" else 0


def _stage(options: argparse.Namespace) -> int:
    node.say(options.name)
    record("node", options.name, "pending")
    return 0


def _ready(_: argparse.Namespace) -> int:
    record("node", "ready", "ready")
    return 0


def _fail(options: argparse.Namespace) -> int:
    error, error_class = failure.explain(options.what, options.log)
    record("node", current("node")["stage"], "failed", error, error_class)
    return 0


_ACTIONS = {
    "boot": _boot,
    "claim": _claim,
    "fail": _fail,
    "interrupt": _interrupt,
    "ready": _ready,
    "stage": _stage,
}
