"""Await controller: hold the worker's stack.sh until the controller has what its rest needs.

That is a nova-compute and a cinder-scheduler that are up: then the APIs answer, the cell's
conductor takes calls and Cinder's database is migrated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devstack_node import cloud, environment, files, node, peer, records

if TYPE_CHECKING:
    from devstack_node.environment import Settings

_POLL_S = 10.0
_CLIENT_S = 30.0
"""A client that hangs keeps us from seeing that the controller failed."""


def main(_: list[str]) -> int:
    """Exit 0 when the controller is far enough, 1 when it failed or the deadline passed."""
    settings = environment.read()
    deadline = node.Deadline(settings.seconds("NODE_DEADLINE_S"))
    reason = last = ""
    while True:
        verdict, error = _controller(settings)
        if verdict == "failed":
            node.say(f"[ERROR] the controller failed: {error}")
            return 1
        if deadline.passed():
            break
        try:
            reason = told = _missing(settings)
        except RuntimeError as refusal:
            if _lasts(refusal, verdict):
                node.say(
                    f"[ERROR] the controller is {verdict}, and no waiting mends this: {refusal}"
                )
                return 1
            # Whole in the log; whoever follows the node sees one line.
            reason, told = str(refusal), "its APIs do not answer yet"
        if not reason:
            records.write("node", "stack.sh", "pending")
            return 0
        if told != last:
            node.say(f"waiting for the controller: {reason}")
            records.write("node", f"waiting for the controller: {told}", "pending")
            last = told
        deadline.sleep(_POLL_S)
    node.say(f"[ERROR] the controller was not there within {deadline.seconds:.0f} s: {reason}")
    return 1


def _controller(settings: Settings) -> tuple[str, str]:
    """The controller's verdict and error; both are empty while it does not answer with a state."""
    try:
        answer = peer.ask(settings["CONTROLLER_IP"])
    except files.UnreadableError as error:
        node.say(str(error))
        return "", ""
    return (answer.verdict, answer.why.error) if answer else ("", "")


def _lasts(error: RuntimeError, verdict: str) -> bool:
    """Whether waiting is useless.

    While the controller is built, its Keystone may deny a right password, and Apache refuse a
    right path; a controller that is ready has found its own answers right.
    """
    if isinstance(error, (cloud.DeniedError, cloud.RefusedError)):
        return verdict == "ready"
    return isinstance(error, node.LastingError)


def _missing(settings: Settings) -> str:
    """What the controller lacks; empty if nothing. Raises RuntimeError if it does not answer."""
    controller = settings["CONTROLLER_HOSTNAME"]
    if not cloud.up(_services("compute"), "nova-compute", controller):
        return "its nova-compute is not up"
    if settings.runs("c-vol") and not cloud.up(_services("volume"), "cinder-scheduler"):
        return "its cinder-scheduler is not up"
    return ""


def _services(kind: str) -> list[cloud.Row]:
    return cloud.rows(kind, "service", "list", timeout_s=_CLIENT_S)
