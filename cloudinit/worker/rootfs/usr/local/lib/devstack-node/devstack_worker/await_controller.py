"""Await controller: hold the worker's stack.sh until the controller has what its rest needs.

That is a nova-compute and a cinder-scheduler that are up: then the APIs answer, the cell's
conductor takes calls and Cinder's database is migrated.
"""

from __future__ import annotations

from devstack_node import cloud, node, peer, state

_POLL_S = 10.0
_CLIENT_S = 30.0
"""A client that hangs keeps us from seeing that the controller failed."""


def main(_: list[str]) -> int:
    """Exit 0 when the controller is far enough, 1 when it failed or the deadline passed."""
    settings = node.settings()
    deadline = node.Deadline(float(settings["NODE_DEADLINE_S"]))
    reason = last = ""
    while True:
        failed = peer.failure(settings["CONTROLLER_IP"])
        if failed:
            node.say(f"[ERROR] the controller failed: {failed.error}")
            return 1
        if deadline.passed():
            break
        try:
            reason = told = _missing(settings)
        except RuntimeError as error:
            # Whole in the log; whoever follows the node sees one line.
            reason, told = str(error), "its APIs do not answer yet"
        if not reason:
            state.record("node", "stack.sh", "pending")
            return 0
        if told != last:
            node.say(f"waiting for the controller: {reason}")
            state.record("node", f"waiting for the controller: {told}", "pending")
            last = told
        deadline.sleep(_POLL_S)
    node.say(f"[ERROR] the controller was not there within {deadline.seconds:.0f} s: {reason}")
    return 1


def _missing(settings: dict[str, str]) -> str:
    """What the controller lacks; empty if nothing. Raises RuntimeError if it does not answer."""
    controller = settings["CONTROLLER_HOSTNAME"]
    if not cloud.up(_services("compute"), "nova-compute", controller):
        return "its nova-compute is not up"
    if node.runs(settings, "c-vol") and not cloud.up(_services("volume"), "cinder-scheduler"):
        return "its cinder-scheduler is not up"
    return ""


def _services(kind: str) -> list[cloud.Row]:
    return cloud.rows(kind, "service", "list", timeout_s=_CLIENT_S)
