"""Register: add the worker to the second AZ, and record its registration state.

A run waits until the worker is registered or the deadline passes. A systemd timer repeats it, so
that a late or replaced worker is registered too, and a lost one does not stay registered. An error
that a retry cannot clear ends the run at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devstack_controller import smoke
from devstack_node import (
    cloud,
    environment,
    failure,
    files,
    node,
    peer,
    records,
    state,
    volumes,
    zones,
)
from devstack_node.failure import Failure

if TYPE_CHECKING:
    from devstack_node.environment import Settings
    from devstack_node.peer import Answer

_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 30.0


class _WorkerFailedError(RuntimeError):
    """The worker reported a failure, with its reason in `why`."""

    def __init__(self, why: Failure) -> None:
        super().__init__(why.error)
        self.why = why


def main(_: list[str]) -> int:
    """Return 0 when the worker is registered, 1 when it failed or the deadline passed."""
    settings = environment.read()
    # Treat an unreadable record as missing; this run rewrites it.
    before = files.attempt(lambda: records.read("worker"), None, []) or {}
    known = before.get("verdict") == "ready"
    deadline = node.Deadline(
        settings.seconds("READINESS_DEADLINE_S" if known else "NODE_DEADLINE_S")
    )
    pause, last, waiting = _FIRST_PAUSE_S, "", ""
    while not deadline.passed():
        try:
            waiting = _register(settings)
        except _WorkerFailedError as error:
            return _fail("the worker", error.why)
        except RuntimeError as error:
            if _lasts(error):
                return _fail("refused", Failure(str(error), "configuration"))
            waiting = str(error)
        if not waiting:
            return _finish(settings, known=known)
        if waiting != last:
            _note(waiting, settings)
            last, pause = waiting, _FIRST_PAUSE_S
        deadline.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)
    late = f"{settings['WORKER_HOSTNAME']} was not registered within {deadline.seconds:.0f} s"
    return _fail("deadline", Failure(f"{late}: {waiting}", "configuration"))


def _lasts(error: RuntimeError) -> bool:
    """Tell whether a retry is useless.

    A denial counts only once this node is ready: services that restart with it deny correct
    passwords for a while.
    """
    denied = isinstance(error, cloud.DeniedError)
    return isinstance(error, node.LastingError) or (
        denied and state.current("node")["verdict"] == "ready"
    )


def _register(settings: Settings) -> str:
    """Do the next possible step. Return what is still missing; empty when registered."""
    its_state = peer.ask(settings["WORKER_IP"])
    if its_state and its_state.verdict == "failed":
        why = its_state.why
        raise _WorkerFailedError(why._replace(error=f"worker: {why.error}"))
    if its_state and its_state.failed_units:
        # The APIs report a failed unit only after minutes.
        return f"{', '.join(its_state.failed_units)} of {settings['WORKER_HOSTNAME']} failed"
    # The worker's own verdict comes last, so that its host joins the AZ as early as possible.
    return _compute(settings) or _others(settings) or _own_word(settings, its_state)


def _compute(settings: Settings) -> str:
    zone = settings["SECONDARY_AZ"]
    services = cloud.rows("compute", "service", "list")
    service = cloud.up(services, "nova-compute", settings["WORKER_HOSTNAME"])
    if not service:
        return _absent(settings)
    if service["Zone"] != zone and service["Host"] not in _mapped_hosts():
        return f"{service['Host']} is not mapped to a cell"
    zones.join(zone, service)
    return ""


def _others(settings: Settings) -> str:
    worker, zone = settings["WORKER_HOSTNAME"], settings["SECONDARY_AZ"]
    if not any(agent.startswith("OVN Controller") for agent in cloud.agents(worker)):
        return f"the OVN chassis of {worker} is not alive"
    if not settings.runs("c-vol"):
        return ""
    return "; ".join(volumes.missing(worker, zone))


def _own_word(settings: Settings, its_state: Answer | None) -> str:
    if not its_state:
        return _silent(settings)
    if its_state.verdict != "ready":
        return f"{settings['WORKER_HOSTNAME']} is not ready: {its_state.stage}"
    return ""


def _mapped_hosts() -> list[str]:
    """Discover new compute hosts. Return the words of the table of mapped hosts."""
    nova_manage = ("runuser", "--user", "stack", "--", "nova-manage", "cell_v2")
    node.run(*nova_manage, "discover_hosts")
    return re.split(r"[\s|]+", node.run(*nova_manage, "list_hosts"))


def _absent(settings: Settings) -> str:
    return f"nova-compute of {settings['WORKER_HOSTNAME']} is not up"


def _silent(settings: Settings) -> str:
    return f"{settings['WORKER_HOSTNAME']} does not answer"


def _finish(settings: Settings, *, known: bool) -> int:
    if settings["SMOKE_TEST"] == "true" and not known:
        try:
            smoke.boot_server(settings, settings["SECONDARY_AZ"])
        except RuntimeError as error:
            return _fail("smoke test", Failure(f"smoke test: {error}", "configuration"))
    records.write("worker", "registered", "ready")
    return 0


def _note(waiting: str, settings: Settings) -> None:
    node.say(f"waiting: {waiting}")
    # A recorded failure stays valid until a worker appears.
    nobody = waiting in (_absent(settings), _silent(settings))
    if nobody and state.current("worker")["verdict"] == "failed":
        return
    records.write("worker", failure.mask(waiting), "pending")


def _fail(stage: str, why: Failure) -> int:
    node.say(f"[ERROR] {why.error}")
    records.write("worker", stage, "failed", why._replace(error=failure.mask(why.error)))
    return 1
