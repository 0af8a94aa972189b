"""Await controller: pause the worker's build until the controller's services are up.

It waits for nova-compute and cinder-scheduler of the controller. Once both are up, the APIs
answer, the cell's conductor accepts calls and Cinder's database is migrated.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from devstack_node import cloud, environment, files, node, peer, records

if TYPE_CHECKING:
    from devstack_node.environment import Settings

_POLL_S = 10.0
_CLIENT_S = 30.0
"""Short, because a hanging client delays the detection of a failed controller."""


def main(arguments: list[str]) -> int:
    """Return 0 when the controller's services are up, 1 when it failed or the deadline passed."""
    parser = argparse.ArgumentParser(prog="devstack-node await-controller")
    parser.add_argument("--stage", default="stack.sh", help="the node's stage after the wait")
    stage = parser.parse_args(arguments).stage
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
            # The log gets the whole error, the state one short line.
            reason, told = str(refusal), "its APIs do not answer yet"
        if not reason:
            records.write("node", stage, "pending")
            return 0
        if told != last:
            node.say(f"waiting for the controller: {reason}")
            records.write("node", f"waiting for the controller: {told}", "pending")
            last = told
        deadline.sleep(_POLL_S)
    node.say(f"[ERROR] the controller was not there within {deadline.seconds:.0f} s: {reason}")
    return 1


def _controller(settings: Settings) -> tuple[str, str]:
    """Return the controller's verdict and error; both empty if it does not answer with a state."""
    try:
        answer = peer.ask(settings["CONTROLLER_IP"])
    except files.UnreadableError as error:
        node.say(str(error))
        return "", ""
    return (answer.verdict, answer.why.error) if answer else ("", "")


def _lasts(error: RuntimeError, verdict: str) -> bool:
    """Tell whether a retry is useless.

    During the controller's build, Keystone may deny a correct password and Apache refuse a correct
    path. Once the controller is ready, such an answer is final.
    """
    if isinstance(error, (cloud.DeniedError, cloud.RefusedError)):
        return verdict == "ready"
    return isinstance(error, node.LastingError)


def _missing(settings: Settings) -> str:
    """Return what the controller lacks, or nothing. Raises RuntimeError if it does not answer."""
    controller = settings["CONTROLLER_HOSTNAME"]
    if not cloud.up(_services("compute"), "nova-compute", controller):
        return "its nova-compute is not up"
    if settings.runs("c-vol") and not cloud.up(_services("volume"), "cinder-scheduler"):
        return "its cinder-scheduler is not up"
    return ""


def _services(kind: str) -> list[cloud.Row]:
    return cloud.rows(kind, "service", "list", timeout_s=_CLIENT_S)
