"""Machines: machine types with nested virtualization, CPUs and disks within the quotas."""

import re
from collections.abc import Iterator

from stacks.devstack_services import runs
from stacks.images import IMAGE, image_path
from stacks.platforms import PLATFORMS
from stacks.problems import Problem, problem
from stacks.roles import node_roles
from stacks.settings import Settings

# Series with Intel Haswell or newer that support pd-ssd: Google's overview of nested
# virtualization and its table of minimum CPU platforms, read on 2026-11-25.
_NESTING_SERIES = {
    "n1": ("Intel Haswell", "Intel Broadwell", "Intel Skylake"),
    "n2": ("Intel Cascade Lake", "Intel Ice Lake"),
    "c2": ("Intel Cascade Lake",),
    "c3": ("Intel Sapphire Rapids",),
}
_WHY_NOT = {
    "e2": "E2 machines do not nest",
    **dict.fromkeys(("n2d", "n4d", "c2d", "c3d", "c4d", "t2d"), "AMD machines do not nest"),
    **dict.fromkeys(("t2a", "c4a", "n4a"), "Arm machines do not nest"),
    **dict.fromkeys(("m1", "m2", "m3", "m4"), "memory-optimized machines do not nest"),
    **dict.fromkeys(("f1", "g1"), "shared cores do not nest"),
}
_MACHINE_TYPE = re.compile(
    r"[a-z][0-9]+[a-z]?-(?:standard|highmem|highcpu)-(?P<count>[1-9][0-9]*)"
    r"|(?:[a-z][0-9]+[a-z]?-)?custom-(?P<custom>[1-9][0-9]*)-[1-9][0-9]*(?:-ext)?"
)
_DISK_TYPES = ("pd-ssd", "pd-balanced", "pd-standard")
_SSD_TYPES = ("pd-ssd", "pd-balanced")  # both count against SSD_TOTAL_GB
# DevStack's 8 GB, Cinder's backing file and images; and Compute Engine's own limit.
_DISK_GIB = range(50, 65_537)


def vcpus(machine_type: str) -> int | None:
    """Return the vCPUs of a machine type by its name, or None."""
    match = _MACHINE_TYPE.fullmatch(machine_type)
    return int(match["count"] or match["custom"]) if match else None


def check(settings: Settings) -> Iterator[Problem]:
    """Yield the problems."""
    for role in settings.roles:
        yield from _machine_type(settings, f"{role}_machine_type")
    yield from _quotas(settings)
    yield from _disks(settings)
    yield from _image(settings)


def _machine_type(settings: Settings, key: str) -> Iterator[Problem]:
    name = getattr(settings, key)
    # Without a series, `custom-CPUS-MB` is of the N1 series.
    first = name.partition("-")[0]
    series = "n1" if first == "custom" and vcpus(name) else first
    remedy = f"use a type of the series {', '.join(_NESTING_SERIES)}, like n2-standard-16"
    if series in _WHY_NOT:
        yield problem(key, f"'{name}' allows no nested virtualization: {_WHY_NOT[series]}", remedy)
    elif vcpus(name) is None:
        yield problem(key, f"'{name}' is no machine type", remedy)
    elif series not in _NESTING_SERIES:
        yield problem(key, f"'{name}' is not known to allow nested virtualization", remedy)
    elif settings.min_cpu_platform and settings.min_cpu_platform not in _NESTING_SERIES[series]:
        choices = " or ".join(f"'{platform}'" for platform in _NESTING_SERIES[series])
        yield problem(
            "min_cpu_platform",
            f"'{name}' never runs on '{settings.min_cpu_platform}'",
            f"use {choices}, or '' for any",
        )


def _quotas(settings: Settings) -> Iterator[Problem]:
    counts = [vcpus(node.machine_type) or 0 for node in node_roles(settings).values()]
    if sum(counts) > settings.vcpu_quota:
        yield problem(
            "vcpu_quota",
            f"{' + '.join(map(str, counts))} = {sum(counts)} vCPUs are more than the quota of "
            f"{settings.vcpu_quota}",
            "choose smaller machine types, or raise vcpuQuota if the project's quota allows",
        )
    need_gib = settings.boot_disk_gib * len(counts)
    if settings.boot_disk_type in _SSD_TYPES and need_gib > settings.ssd_quota_gib:
        yield problem(
            "ssd_quota_gib",
            f"{len(counts)} x {settings.boot_disk_gib} = {need_gib} GiB of SSD are more than the "
            f"quota (SSD_TOTAL_GB) of {settings.ssd_quota_gib}",
            "choose a smaller bootDiskGib, or raise ssdQuotaGib if the project's quota allows",
        )


def _disks(settings: Settings) -> Iterator[Problem]:
    if settings.boot_disk_type not in _DISK_TYPES:
        yield problem(
            "boot_disk_type",
            f"'{settings.boot_disk_type}' is no boot disk of these machines",
            f"use {', '.join(_DISK_TYPES)}",
        )
    if settings.boot_disk_gib not in _DISK_GIB:
        yield problem(
            "boot_disk_gib",
            f"{settings.boot_disk_gib} GiB",
            f"choose {_DISK_GIB.start} to {_DISK_GIB.stop - 1}",
        )
    elif (
        runs(settings, "c-vol")
        and not 0 < settings.volume_backing_gib <= settings.boot_disk_gib - 20
    ):
        yield problem(
            "volume_backing_gib",
            f"{settings.volume_backing_gib} GiB of volumes on a disk of {settings.boot_disk_gib}",
            f"choose 1 to {settings.boot_disk_gib - 20}, or a larger bootDiskGib",
        )


def _image(settings: Settings) -> Iterator[Problem]:
    if settings.operating_system not in PLATFORMS:
        yield problem(
            "operating_system",
            f"'{settings.operating_system}' is not supported",
            f"use {', '.join(PLATFORMS)}",
        )
    elif settings.image and not IMAGE.fullmatch(settings.image):
        yield problem(
            "image",
            f"'{settings.image}' does not name one image",
            "write PROJECT/NAME; a family comes from operatingSystem, since another family's "
            "newer image would replace running nodes",
        )
    elif settings.image:
        name = image_path(settings).rpartition("/")[2]
        for other, platform in PLATFORMS.items():
            if name == platform.image_family:
                yield problem(
                    "image",
                    f"'{settings.image}' is the family of {other}",
                    f"leave image empty and set operatingSystem to {other}",
                )
