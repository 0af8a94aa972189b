"""Smoke test: boot a server in an AZ, and a load balancer.

Its resources belong to the admin project, which the E2E tests do not use, and are always removed.
The next run removes the leftovers of a killed one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from devstack_node import cloud, environment, failure, node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devstack_node.environment import Settings

_DOWNLOAD_S = 300.0
_SERVER_S = 300.0
_LOAD_BALANCER_S = 900.0
"""Longer: the load balancer's own server boots a whole operating system."""
_POLL_S = 5.0
_FLAVOR = "m1.tiny"
_SUBNET = "192.168.222.0/24"
"""Used without a router, so that it cannot clash with another network."""


def main(_: list[str]) -> int:
    """Boot a server in the controller's AZ, and a load balancer if there is Octavia."""
    settings = environment.read()
    try:
        boot_server(settings, settings["PRIMARY_AZ"])
        if settings.runs("o-api"):
            _boot_load_balancer()
    except RuntimeError as error:
        node.say(failure.mask(f"[ERROR] {error}"))
        return 1
    return 0


def boot_server(settings: Settings, zone: str) -> None:
    """Boot a server in the AZ. Raises RuntimeError with Nova's own reason if it does not."""
    name = f"smoke-{zone}"
    with _removed_after(("server", "network", "image"), name):
        _upload_image(settings["SMOKE_TEST_IMAGE_URL"], name)
        _make_network(name)
        given = ("--image", name, "--flavor", _FLAVOR, "--network", name)
        cloud.change("server", "create", *given, "--availability-zone", zone, name)
        _wait("server", name, "status", _SERVER_S)


def _boot_load_balancer() -> None:
    name = "smoke-load-balancer"
    with _removed_after(("loadbalancer", "network"), name):
        _make_network(name)
        cloud.change("loadbalancer", "create", "--name", name, "--vip-subnet-id", name)
        _wait("loadbalancer", name, "provisioning_status", _LOAD_BALANCER_S)


def _make_network(name: str) -> None:
    cloud.change("network", "create", name)
    cloud.change("subnet", "create", "--network", name, "--subnet-range", _SUBNET, name)


def _upload_image(url: str, name: str) -> None:
    file = node.STATE_DIRECTORY / "smoke.img"
    patience = ("--retry", "3", "--max-time", f"{_DOWNLOAD_S:.0f}")
    fetch = ("curl", "--fail", "--silent", "--show-error", "--location", *patience)
    try:
        node.run(*fetch, "--output", str(file), url, timeout_s=2 * _DOWNLOAD_S)
        formats = ("--disk-format", "qcow2", "--container-format", "bare")
        cloud.change("image", "create", "--private", *formats, "--file", str(file), name)
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def _removed_after(kinds: tuple[str, ...], name: str) -> Iterator[None]:
    """Delete resources of this name before the block, as leftovers of a killed run, and after it.

    `kinds` is in order of deletion: users first.
    """
    _remove(kinds, name)
    try:
        yield
    except RuntimeError as error:
        try:
            _remove(kinds, name)
        except RuntimeError as left_over:
            raise RuntimeError(f"{error}; {left_over}") from error
        raise
    _remove(kinds, name)


def _remove(kinds: tuple[str, ...], name: str) -> None:
    left = []
    for kind in kinds:
        wait = ("--wait",) if kind in ("server", "loadbalancer") else ()
        try:
            for row in cloud.rows(kind, "list"):
                if _field(row, "Name") == name:
                    number = _field(row, "ID")
                    cloud.change(kind, "delete", *wait, number, timeout_s=_SERVER_S)
        except RuntimeError as error:
            left.append(f"{kind} {name} is left over: {error}")
    if left:
        raise RuntimeError("; ".join(left))


def _field(row: cloud.Row, name: str) -> str:
    """Return a column by name. Octavia's names are in lower case."""
    return str(row[name] if name in row else row[name.lower()])


def _wait(kind: str, name: str, column: str, timeout_s: float) -> None:
    deadline = node.Deadline(timeout_s)
    while (found := cloud.show(kind, name))[column] != "ACTIVE":
        if found[column] == "ERROR":
            raise RuntimeError(f"{kind} {name} went to ERROR: {_fault(found)}")
        if deadline.passed():
            raise RuntimeError(f"{kind} {name} is {found[column]} after {timeout_s:.0f} s")
        deadline.sleep(_POLL_S)


def _fault(found: cloud.Row) -> str:
    fault = found.get("fault") or "no reason given"
    return str(fault.get("message", fault) if isinstance(fault, dict) else fault)
