"""Register: put the worker's services into the second AZ, and keep the controller's view of it.

Runs until the worker is registered, whenever it appears. Its unit starts it again after a
failure, so a worker that is late or replaced is registered all the same.
"""

from __future__ import annotations

import re

from devstack_node import cloud, failure, node, peer, state

_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 30.0


def main(_: list[str]) -> int:
    """Exit 0 when the worker is registered, 1 when it failed or the deadline passed."""
    settings = node.settings()
    deadline = node.Deadline(float(settings["NODE_DEADLINE_S"]))
    pause, last, waiting = _FIRST_PAUSE_S, "", ""
    while not deadline.passed():
        failed = peer.failure(settings["WORKER_IP"])
        if failed:
            return _fail("the worker", f"worker: {failed}")
        try:
            waiting = _register(settings)
        except cloud.WrongZoneError as error:
            return _fail("its compute zone", str(error))
        except RuntimeError as error:
            waiting = str(error)
        if not waiting:
            state.record("worker", "registered", "ready")
            return 0
        if waiting != last:
            _note(waiting, settings)
            last, pause = waiting, _FIRST_PAUSE_S
        deadline.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)
    late = f"{settings['WORKER_HOSTNAME']} was not registered within {deadline.seconds:.0f} s"
    return _fail("deadline", f"{late}: {waiting}")


def _register(settings: dict[str, str]) -> str:
    """Do what can be done now; return what is still missing, or nothing."""
    worker, zone = settings["WORKER_HOSTNAME"], settings["SECONDARY_AZ"]
    service = cloud.up(cloud.rows("compute", "service", "list"), "nova-compute", worker)
    if not service:
        return _absent(settings)
    if service["Host"] not in _mapped_hosts():
        return f"{service['Host']} is not mapped to a cell"
    cloud.join_zone(zone, service)
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


def _mapped_hosts() -> list[str]:
    """The words of the table of compute hosts that belong to a cell, after looking for new ones."""
    nova_manage = ("runuser", "--user", "stack", "--", "nova-manage", "cell_v2")
    node.run(*nova_manage, "discover_hosts")
    return re.split(r"[\s|]+", node.run(*nova_manage, "list_hosts"))


def _absent(settings: dict[str, str]) -> str:
    return f"nova-compute of {settings['WORKER_HOSTNAME']} is not up"


def _note(waiting: str, settings: dict[str, str]) -> None:
    node.say(f"waiting: {waiting}")
    # That a worker failed, or was not there in time, stays true until one appears.
    if waiting == _absent(settings) and state.current("worker")["verdict"] == "failed":
        return
    state.record("worker", failure.mask(waiting), "pending")


def _fail(stage: str, error: str) -> int:
    node.say(f"[ERROR] {error}")
    state.record("worker", stage, "failed", failure.mask(error), "configuration")
    return 1
