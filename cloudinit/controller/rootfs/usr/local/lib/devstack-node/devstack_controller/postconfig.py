"""Post configuration: create the AZ, volume type, flavors and quotas that the E2E tests need.

Every step is idempotent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devstack_node import cloud, environment, failure, node, zones

if TYPE_CHECKING:
    from devstack_node.environment import Settings

VOLUME_TYPE = "test-volume-type"

# name: id, MB of memory, GB of disk, GB of ephemeral disk, vCPUs
FLAVORS = {
    "m1.tiny": ("1", 512, 1, 1, 1),
    "m1.small": ("2", 4192, 20, 5, 2),
    "m1.medium": ("3", 6144, 20, 5, 2),
    "m1.tiny.alt": ("10", 512, 1, 1, 1),
}

_COMPUTE_QUOTAS = {"cores": 32, "instances": 32, "ram": 65536}
_NETWORK_QUOTAS = {"secgroups": 200, "secgroup-rules": 1000}
# One multi-AZ test uses ten volumes, which is the default quota, and two tests run at once.
_VOLUME_QUOTAS = {"volumes": 40}
_ADMIN_QUOTAS = {"secgroups": 100, "secgroup-rules": 1000}


def main(_: list[str]) -> int:
    """Run every step. At the first failure, log the step's name and return 1."""
    settings = environment.read()
    for step in (_own_zone, _volume_type, _flavors, _quotas):
        name = step.__name__.strip("_").replace("_", " ")
        node.say(f"post configuration: {name}")
        try:
            step(settings)
        except RuntimeError as error:
            node.say(failure.mask(f"[ERROR] {name}: {error}"))
            return 1
    return 0


def _own_zone(settings: Settings) -> None:
    """Add this host alone: the worker may be present already and belongs to the other AZ."""
    controller = settings["CONTROLLER_HOSTNAME"]
    service = cloud.up(cloud.rows("compute", "service", "list"), "nova-compute", controller)
    if not service:
        raise RuntimeError(f"no nova-compute of {controller} is up")
    zones.join(settings["PRIMARY_AZ"], service)


def _volume_type(settings: Settings) -> None:
    if settings.runs("c-api") and not cloud.has("volume", "type", VOLUME_TYPE):
        cloud.change("volume", "type", "create", "--public", VOLUME_TYPE)


def _flavors(_: Settings) -> None:
    present = flavors()
    for name, wanted in FLAVORS.items():
        if present.get(name) == wanted:
            continue
        if name in present:
            # DevStack's flavors of the same names have other sizes.
            cloud.change("flavor", "delete", name)
        number, ram, disk, ephemeral, vcpus = (str(value) for value in wanted)
        size = ("--ram", ram, "--disk", disk, "--ephemeral", ephemeral, "--vcpus", vcpus)
        rng = ("--property", "hw_rng:allowed=True")
        cloud.change("flavor", "create", "--public", "--id", number, *size, *rng, name)


def flavors() -> dict[str, tuple[str, int, int, int, int]]:
    """Return the cloud's flavors in the format of FLAVORS."""
    return {
        str(row["Name"]): (row["ID"], row["RAM"], row["Disk"], row["Ephemeral"], row["VCPUs"])
        for row in cloud.rows("flavor", "list", "--all")
    }


def _quotas(settings: Settings) -> None:
    _set_quotas("demo", demo_quotas(settings))
    _set_quotas("admin", _ADMIN_QUOTAS)


def _set_quotas(project: str, quotas: dict[str, int]) -> None:
    words = [word for name, limit in quotas.items() for word in (f"--{name}", str(limit))]
    cloud.change("quota", "set", *words, project)


def demo_quotas(settings: Settings) -> dict[str, int]:
    """Return the quotas of the tests' project."""
    volumes = _VOLUME_QUOTAS if settings.runs("c-api") else {}
    return {**_COMPUTE_QUOTAS, **_NETWORK_QUOTAS, **volumes}
