"""State: how far this node is and how it ended, in one file a subject, and as events.

The subject `node` is this machine, `worker` the controller's view of the worker's registration.
docs/readiness.md is the contract.
"""

from __future__ import annotations

import argparse
import json
import os
from typing import TYPE_CHECKING, Any

from devstack_node import failure, node
from devstack_node.failure import Failure

if TYPE_CHECKING:
    from pathlib import Path

State = dict[str, Any]

_SCHEMA = 1
_FILES = {"node": "state.json", "worker": "worker.json"}
_REBOOT = "reboot"
_NO_FAILURE = Failure()
_SERIOUS = ("WARNING", "ERROR", "CRITICAL")
"""cloud-init's levels without its notes on what will be spelt differently one day."""


def record(subject: str, stage: str, verdict: str, why: Failure = _NO_FAILURE) -> None:
    """Write the subject's state in this boot, and an event, unless that is what it was."""
    state = _state(subject, stage, verdict, why)
    before = recorded(subject)
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
    state = recorded(subject)
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
        none = Failure("this stack has no worker", "configuration")
        return _state("worker", "none", "failed", none)
    controller = current("node")
    if controller["verdict"] == "failed":
        error = f"controller: {controller['error']}"
        return {**controller, "subject": "worker", "error": error}
    if state is None:
        return _state("worker", "waiting for the controller", "pending")
    if state["boot_id"] != node.boot_id():
        return {**state, "verdict": "pending", "stage": _REBOOT, **_why(_NO_FAILURE)}
    return state


def _before_the_build() -> State:
    errors = cloud_init_errors()
    if errors is None:
        return _state("node", "cloud-init", "pending")
    # cloud-init ends after runcmd, so the build should have begun.
    reason = "; ".join(errors) or "it reports no error"
    error = f"cloud-init ended without starting the build: {reason}"
    return _state("node", "cloud-init", "failed", Failure(error, "configuration"))


def cloud_init_errors() -> list[str] | None:
    """What cloud-init complains of, whether it went on or not; None until it has ended."""
    directory = node.ROOT / "run/cloud-init"
    if not (directory / "result.json").exists():
        return None
    errors: list[str] = _read(directory / "result.json")["v1"]["errors"]
    # Those that it recovered from, by level, are in another file, and only since 23.4.
    stages = _read(directory / "status.json").get("v1", {}).values()
    for stage in filter(lambda stage: isinstance(stage, dict), stages):
        for level, texts in stage.get("recoverable_errors", {}).items():
            errors += texts if level in _SERIOUS else ()
    return [failure.mask(error) for error in errors]


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _state(subject: str, stage: str, verdict: str, why: Failure = _NO_FAILURE) -> State:
    return {
        "schema": _SCHEMA,
        "node": node.settings()["ROLE"],
        "subject": subject,
        "stage": stage,
        "since": node.timestamp(),
        "verdict": verdict,
        "boot_id": node.boot_id(),
        **_why(why),
    }


def _why(why: Failure) -> State:
    return {"error": why.error, "class": why.kind, "log_tail": list(why.log_tail)}


def recorded(subject: str) -> State | None:
    """What was written last, in whichever boot that was."""
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
    if recorded("node"):
        return 1
    record("node", "start", "pending")
    return 0


def _boot(_: argparse.Namespace) -> int:
    return _record_again(current("node"))


def _interrupt(_: argparse.Namespace) -> int:
    _record_again(_interrupted(current("node"), "ended by a signal"))
    return 0


def _record_again(state: State) -> int:
    why = Failure(state["error"], state["class"], state["log_tail"])
    record("node", state["stage"], state["verdict"], why)
    return 1 if state["verdict"] == "failed" else 0


def _stage(options: argparse.Namespace) -> int:
    node.say(options.name)
    record("node", options.name, "pending")
    return 0


def _ready(_: argparse.Namespace) -> int:
    record("node", "ready", "ready")
    return 0


def _fail(options: argparse.Namespace) -> int:
    why = failure.explain(options.what, options.log)
    record("node", current("node")["stage"], "failed", why)
    return 0


_ACTIONS = {
    "boot": _boot,
    "claim": _claim,
    "fail": _fail,
    "interrupt": _interrupt,
    "ready": _ready,
    "stage": _stage,
}
