"""Ready: what must be true of a node before anybody is told that it is ready.

Asked of the APIs, as the tests will ask: that a unit is active says little.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Iterator

from devstack_node import cloud, environment, failure, node
from devstack_node.environment import Settings

Check = Callable[[Settings], Iterator[str]]
"""Yields what is missing, as sentences; RuntimeError is something missing too."""

_POLL_S = 10.0


class Lasting(str):
    """Something missing that nobody brings any more: an API answered, and waiting is useless."""

    __slots__ = ()


def main(arguments: list[str]) -> int:
    """Exit 0 when nothing is missing, 1 when something lasting is, or anything at the deadline."""
    parser = argparse.ArgumentParser(prog="devstack-node ready")
    settings = environment.read()
    limit = settings.seconds("READINESS_DEADLINE_S")
    parser.add_argument("--timeout", type=float, default=limit, metavar="SECONDS")
    deadline = node.Deadline(parser.parse_args(arguments).timeout)
    last = ""
    while found := problems(settings):
        missing = "; ".join(found)
        if missing != last:
            node.say(f"not ready: {missing}")
            last = missing
        lasting = "; ".join(problem for problem in found if isinstance(problem, Lasting))
        if lasting:
            node.say(f"[ERROR] not ready, and no waiting mends it: {lasting}")
            return 1
        if deadline.passed():
            node.say(f"[ERROR] not ready after {deadline.seconds:.0f} s: {missing}")
            return 1
        deadline.sleep(_POLL_S)
    return 0


def problems(settings: Settings) -> list[str]:
    """What the node lacks."""
    role_checks = importlib.import_module(f"devstack_{settings['ROLE']}.checks").CHECKS
    # Where there is no token, nothing else answers either.
    return _run(_keystone, settings) or [
        problem
        for check in (_compute, _volumes, _agents, *role_checks)
        for problem in _run(check, settings)
    ]


def _run(check: Check, settings: Settings) -> list[str]:
    # DeniedError is not among the lasting: stack.sh has just used the same password, and services
    # that come back after a reboot deny for a while what is right.
    try:
        return list(check(settings))
    except RuntimeError as error:
        kind = Lasting if isinstance(error, node.LastingError) else str
        return [kind(failure.mask(f"{check.__name__.strip('_')}: {error}"))]


def _keystone(_: Settings) -> Iterator[str]:
    cloud.change("token", "issue", "-f", "value", "-c", "expires")
    yield from ()


def _compute(settings: Settings) -> Iterator[str]:
    if not cloud.up(cloud.rows("compute", "service", "list"), "nova-compute", hostname(settings)):
        yield "nova-compute is not up"


def _volumes(settings: Settings) -> Iterator[str]:
    if not settings.runs("c-vol"):
        return
    zone = settings["PRIMARY_AZ" if settings["ROLE"] == "controller" else "SECONDARY_AZ"]
    volume = cloud.up(cloud.rows("volume", "service", "list"), "cinder-volume", hostname(settings))
    if not volume:
        yield "cinder-volume is not up"
    elif volume["Zone"] != zone:
        yield Lasting(f"cinder-volume is in AZ {volume['Zone']}, not {zone}")


def _agents(settings: Settings) -> Iterator[str]:
    metadata = "OVN Metadata" if "metadata" in settings["OVN_AGENT"] else "OVN Neutron"
    alive = cloud.agents(hostname(settings))
    for kind in ("OVN Controller", metadata):
        if not any(name.startswith(kind) for name in alive):
            yield f"the {kind} agent is not alive"


def hostname(settings: Settings) -> str:
    """The name that the services of this node have as their host."""
    return settings[f"{settings['ROLE'].upper()}_HOSTNAME"]
