"""Register: put the worker's services into the second AZ, and keep the controller's view of it.

One run lasts until the worker is registered, whenever it appears, or is given up. A timer runs
it again and again, so a worker that is late or replaced is registered all the same, and one that
is lost does not stay registered.
"""

from __future__ import annotations

import re
from typing import Any

from devstack_controller import smoke
from devstack_node import cloud, failure, node, peer, state
from devstack_node.failure import Failure

_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 30.0


class _WorkerFailedError(RuntimeError):
    """The worker gave up, for the reason that it carries."""


def main(_: list[str]) -> int:
    """Exit 0 when the worker is registered, 1 when it failed or the deadline passed."""
    settings = node.settings()
    before = state.recorded("worker") or {}
    known = before.get("verdict") == "ready"
    deadline = node.Deadline(
        float(settings["READINESS_DEADLINE_S" if known else "NODE_DEADLINE_S"])
    )
    pause, last, waiting = _FIRST_PAUSE_S, "", ""
    while not deadline.passed():
        try:
            waiting = _register(settings)
        except _WorkerFailedError as error:
            return _fail("the worker", error.args[0])
        except cloud.WrongZoneError as error:
            return _fail("its compute zone", Failure(str(error), "configuration"))
        except RuntimeError as error:
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


def _register(settings: dict[str, str]) -> str:
    """Do what can be done now; return what is still missing, or nothing."""
    its_state = peer.ask(settings["WORKER_IP"])
    if its_state and its_state["verdict"] == "failed":
        raise _WorkerFailedError(Failure(f"worker: {its_state['error']}", its_state["class"]))
    if its_state and its_state["failed_units"]:
        # The APIs take minutes to notice.
        return f"{', '.join(its_state['failed_units'])} of {settings['WORKER_HOSTNAME']} failed"
    # Its own word comes last, so that its host is in the AZ as early as can be.
    return _compute(settings) or _others(settings) or _own_word(settings, its_state)


def _compute(settings: dict[str, str]) -> str:
    zone = settings["SECONDARY_AZ"]
    services = cloud.rows("compute", "service", "list")
    service = cloud.up(services, "nova-compute", settings["WORKER_HOSTNAME"])
    if not service:
        return _absent(settings)
    if service["Zone"] != zone and service["Host"] not in _mapped_hosts():
        return f"{service['Host']} is not mapped to a cell"
    cloud.join_zone(zone, service)
    return ""


def _others(settings: dict[str, str]) -> str:
    worker, zone = settings["WORKER_HOSTNAME"], settings["SECONDARY_AZ"]
    if not any(agent.startswith("OVN Controller") for agent in cloud.agents(worker)):
        return f"the OVN chassis of {worker} is not alive"
    if not node.runs(settings, "c-vol"):
        return ""
    volumes = cloud.up(cloud.rows("volume", "service", "list"), "cinder-volume", worker)
    if not volumes:
        return f"cinder-volume of {worker} is not up"
    if volumes["Zone"] != zone:
        raise cloud.WrongZoneError(f"cinder-volume of {worker} is in AZ {volumes['Zone']}")
    return ""


def _own_word(settings: dict[str, str], its_state: dict[str, Any] | None) -> str:
    if not its_state:
        return _silent(settings)
    if its_state["verdict"] != "ready":
        return f"{settings['WORKER_HOSTNAME']} is not ready: {its_state['stage']}"
    return ""


def _mapped_hosts() -> list[str]:
    """The words of the table of compute hosts that belong to a cell, after looking for new ones."""
    nova_manage = ("runuser", "--user", "stack", "--", "nova-manage", "cell_v2")
    node.run(*nova_manage, "discover_hosts")
    return re.split(r"[\s|]+", node.run(*nova_manage, "list_hosts"))


def _absent(settings: dict[str, str]) -> str:
    return f"nova-compute of {settings['WORKER_HOSTNAME']} is not up"


def _silent(settings: dict[str, str]) -> str:
    return f"{settings['WORKER_HOSTNAME']} does not answer"


def _finish(settings: dict[str, str], *, known: bool) -> int:
    if settings["SMOKE_TEST"] == "true" and not known:
        try:
            smoke.boot_server(settings, settings["SECONDARY_AZ"])
        except RuntimeError as error:
            return _fail("smoke test", Failure(f"smoke test: {error}", "configuration"))
    state.record("worker", "registered", "ready")
    return 0


def _note(waiting: str, settings: dict[str, str]) -> None:
    node.say(f"waiting: {waiting}")
    # That a worker failed, or was not there in time, stays true until one appears.
    nobody = waiting in (_absent(settings), _silent(settings))
    if nobody and state.current("worker")["verdict"] == "failed":
        return
    state.record("worker", failure.mask(waiting), "pending")


def _fail(stage: str, why: Failure) -> int:
    node.say(f"[ERROR] {why.error}")
    state.record("worker", stage, "failed", why._replace(error=failure.mask(why.error)))
    return 1
