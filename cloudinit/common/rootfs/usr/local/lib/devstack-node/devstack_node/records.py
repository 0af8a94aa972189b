"""Records: store the latest state of each subject in a file, and every change as an event.

The subject `node` is this machine. The subject `worker` is the worker's registration, as the
controller sees it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from devstack_node import environment, files, node
from devstack_node.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

State = dict[str, Any]

_TOLD = {"verdict": str, "stage": str, "error": str, "class": str}
"""Required keys of the other node's answer, with their types."""
_WRITTEN = {**_TOLD, "schema": int, "node": str, "subject": str, "since": str, "boot_id": str}
_VERDICTS = ("pending", "ready", "failed")

_SCHEMA = 1
_FILES = {"node": "state.json", "worker": "worker.json"}
_NO_FAILURE = Failure()


def write(subject: str, stage: str, verdict: str, why: Failure = _NO_FAILURE) -> None:
    """Write a subject's state and an event, unless the state has not changed."""
    state = make(subject, stage, verdict, why, [])
    before = files.attempt(lambda: read(subject), None, [])
    if before and {**before, "since": state["since"]} == state:
        return
    line = json.dumps(state) + "\n"
    path = node.STATE_DIRECTORY / _FILES[subject]
    path.parent.mkdir(parents=True, exist_ok=True)
    # Atomic: even after a power loss a reader sees the old state or the new one.
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    with (path.parent / "events.jsonl").open("a", encoding="utf-8") as events:
        events.write(line)


def make(subject: str, stage: str, verdict: str, why: Failure, unreadable: list[str]) -> State:
    """Return a state that begins now. An unreadable role or boot ID is noted and left empty."""
    return {
        "schema": _SCHEMA,
        "node": files.attempt(lambda: environment.read()["ROLE"], "", unreadable),
        "subject": subject,
        "stage": stage,
        "since": node.timestamp(),
        "verdict": verdict,
        "boot_id": files.attempt(node.boot_id, "", unreadable),
        **failed(why),
    }


def failed(why: Failure) -> State:
    """Return the keys of a state that describe a failure."""
    return {"error": why.error, "class": why.kind, "log_tail": list(why.log_tail)}


def exists(subject: str) -> bool:
    """Tell whether a state was ever written, even an unreadable one."""
    return (node.STATE_DIRECTORY / _FILES[subject]).exists()


def read(subject: str) -> State | None:
    """Return the last state written, maybe in an earlier boot, or None. Raises UnreadableError."""
    path = node.STATE_DIRECTORY / _FILES[subject]
    return parse(files.text(path), path, _WRITTEN) if path.exists() else None


def parse(said: str, where: object, keys: Mapping[str, type] = _TOLD) -> State:
    """Parse a state from a file or from the other node's answer. Raises UnreadableError."""
    found = files.json_object(said, where, keys)
    if found["verdict"] not in _VERDICTS:
        raise files.UnreadableError(f"{where}: the verdict is '{found['verdict']}'")
    if "since" in keys and not node.is_timestamp(found["since"]):
        raise files.UnreadableError(f"{where}: 'since' is '{found['since']}', no time")
    tail = found.get("log_tail")
    return {**found, "log_tail": [str(line) for line in tail] if isinstance(tail, list) else []}
