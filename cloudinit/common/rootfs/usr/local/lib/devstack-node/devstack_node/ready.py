"""Ready: check that a node's services work before it reports `ready`.

The checks query the OpenStack APIs, as the E2E tests will. An active systemd unit proves little.
A problem that waiting cannot clear (`Lasting`) ends the wait at once.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Iterator

from devstack_node import cloud, environment, failure, node, volumes
from devstack_node.environment import Settings

Check = Callable[[Settings], Iterator[str]]
"""Yields problems as sentences. RuntimeError counts as a problem too."""

_POLL_S = 10.0
_SERVICES_POLL_S = 2.0
"""Shorter: what comes next waits for nothing else."""


class Lasting(str):
    """A problem that waiting cannot clear: an API has answered, and the answer will not change."""

    __slots__ = ()


def main(arguments: list[str]) -> int:
    """Wait for all checks. Return 1 at a lasting problem, or with any problem at the deadline."""
    parser = argparse.ArgumentParser(prog="devstack-node ready")
    settings = environment.read()
    limit = settings.seconds("READINESS_DEADLINE_S")
    parser.add_argument("--timeout", type=float, default=limit, metavar="SECONDS")
    parser.add_argument(
        "--services", action="store_true", help="check what the post configuration needs, no more"
    )
    options = parser.parse_args(arguments)
    deadline, last = node.Deadline(options.timeout), ""
    while found := problems(settings, services_only=options.services):
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
        deadline.sleep(_SERVICES_POLL_S if options.services else _POLL_S)
    return 0


def problems(settings: Settings, *, services_only: bool = False) -> list[str]:
    """Run all checks, or those of this node's own services, once. Return the problems."""
    role_checks: tuple[Check, ...] = ()
    if not services_only:
        role_checks = importlib.import_module(f"devstack_{settings['ROLE']}.checks").CHECKS
    # Without a token no other API answers.
    return _run(_keystone, settings) or [
        problem
        for check in (_compute, _volumes, _agents, *role_checks)
        for problem in _run(check, settings)
    ]


def _run(check: Check, settings: Settings) -> list[str]:
    # DeniedError is not lasting: stack.sh has just used the same password, and services that
    # start after a reboot deny correct passwords for a while.
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
    yield from volumes.missing(hostname(settings), zone)


def _agents(settings: Settings) -> Iterator[str]:
    metadata = "OVN Metadata" if "metadata" in settings["OVN_AGENT"] else "OVN Neutron"
    alive = cloud.agents(hostname(settings))
    for kind in ("OVN Controller", metadata):
        if not any(name.startswith(kind) for name in alive):
            yield f"the {kind} agent is not alive"


def hostname(settings: Settings) -> str:
    """Return the host name under which this node's services are registered."""
    return settings[f"{settings['ROLE'].upper()}_HOSTNAME"]
