"""Checks: verify the controller's services and the cloud-wide resources that the tests need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devstack_controller import postconfig
from devstack_node import cloud, files, node
from devstack_node.ready import Lasting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devstack_node.environment import Settings
    from devstack_node.ready import Check

_HEALTH_MANAGER_PORT = 5555


def _compute_control(settings: Settings) -> Iterator[str]:
    services = cloud.rows("compute", "service", "list")
    for binary in ("nova-scheduler", "nova-conductor"):
        if not cloud.up(services, binary):
            yield f"{binary} is not up"
    yield from _zone(settings, "compute")


def _volume_control(settings: Settings) -> Iterator[str]:
    if not settings.runs("c-api"):
        return
    if not cloud.up(cloud.rows("volume", "service", "list"), "cinder-scheduler"):
        yield "cinder-scheduler is not up"
    yield from _zone(settings, "volume")
    if not cloud.has("volume", "type", postconfig.VOLUME_TYPE):
        yield Lasting(f"there is no volume type {postconfig.VOLUME_TYPE}")


def _zone(settings: Settings, kind: str) -> Iterator[str]:
    zones = cloud.rows("availability", "zone", "list", f"--{kind}")
    available = [zone["Zone Name"] for zone in zones if zone["Zone Status"] == "available"]
    if settings["PRIMARY_AZ"] not in available:
        yield f"{kind} AZ {settings['PRIMARY_AZ']} is not available"


def _external_network(_: Settings) -> Iterator[str]:
    networks = cloud.rows("network", "list", "--external")
    if not any(network["Name"] == "public" and network["Subnets"] for network in networks):
        yield Lasting("there is no external network named public with a subnet")


def _flavors(_: Settings) -> Iterator[str]:
    present = postconfig.flavors()
    for name, wanted in postconfig.FLAVORS.items():
        if present.get(name) != wanted:
            yield Lasting(f"flavor {name} is {present.get(name)}, not {wanted}")


def _quotas(settings: Settings) -> Iterator[str]:
    limits = {str(row["Resource"]): row["Limit"] for row in cloud.rows("quota", "show", "demo")}
    for name, wanted in postconfig.demo_quotas(settings).items():
        if limits.get(name) != wanted:
            yield Lasting(f"quota of {name} is {limits.get(name)}, not {wanted}")


def _load_balancers(settings: Settings) -> Iterator[str]:
    if not settings.runs("o-api"):
        return
    providers = cloud.rows("loadbalancer", "provider", "list")
    if not any(provider["name"] == "amphora" for provider in providers):
        yield "Octavia has no provider amphora"
    if not cloud.rows("image", "list", "--tag", "amphora", "--status", "active"):
        yield "there is no active Amphora image"
    udp = files.text(node.ROOT / "proc/net/udp").splitlines()[1:]
    addresses = (line.split()[1:2] for line in udp)
    if not any(local[0].endswith(f":{_HEALTH_MANAGER_PORT:04X}") for local in addresses if local):
        yield "Octavia's health manager does not listen"


CHECKS: tuple[Check, ...] = (
    _compute_control,
    _volume_control,
    _external_network,
    _flavors,
    _quotas,
    _load_balancers,
)
