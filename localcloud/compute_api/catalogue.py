"""Catalogue: the regions, zones, machine types and disk types that the double offers.

It is a small part of Google Cloud's, the same for every zone; offers.py takes things away from
single zones. Beside the families that a DevStack node can use there are some that lack nested
virtualization, a minimum CPU platform or x86, so that a test can meet each refusal.
"""

from dataclasses import dataclass

# The letters of each region's zones. Some regions of Google Cloud really have no zone a.
REGIONS: dict[str, str] = {
    "europe-west1": "bcd",
    "us-central1": "abcf",
    "us-east1": "bcd",
    "us-east4": "abc",
    "us-west1": "abc",
}

ZONES: dict[str, str] = {
    f"{region}-{letter}": region for region, letters in REGIONS.items() for letter in letters
}

DISK_TYPES = ("pd-standard", "pd-balanced", "pd-ssd", "pd-extreme")

# Oldest first for each vendor. A family has a slice of it; without a minimum, an instance gets the
# slice's oldest.
CPU_PLATFORMS = (
    "Intel Sandy Bridge",
    "Intel Ivy Bridge",
    "Intel Haswell",
    "Intel Broadwell",
    "Intel Skylake",
    "Intel Cascade Lake",
    "Intel Ice Lake",
    "Intel Sapphire Rapids",
    "AMD Rome",
    "AMD Milan",
    "Ampere Altra",
)


@dataclass(frozen=True)
class Family:
    """A family of machine types: its sizes in vCPUs, its quota metric and its abilities."""

    name: str
    sizes: tuple[int, ...]
    memory_per_cpu_mb: int
    cpu_metric: str
    platforms: tuple[str, ...]
    nested: bool = True
    min_platform: bool = True
    architecture: str = "X86_64"


FAMILIES = (
    Family("n1-standard", (1, 2, 4, 8, 16, 32, 64, 96), 3840, "CPUS", CPU_PLATFORMS[:5]),
    Family("n2-standard", (2, 4, 8, 16, 32, 48, 64, 80), 4096, "N2_CPUS", CPU_PLATFORMS[5:7]),
    Family("n2-highmem", (2, 4, 8, 16, 32, 48, 64), 8192, "N2_CPUS", CPU_PLATFORMS[5:7]),
    Family("n2-highcpu", (2, 4, 8, 16, 32, 48, 64, 80), 1024, "N2_CPUS", CPU_PLATFORMS[5:7]),
    Family(
        "e2-standard",
        (2, 4, 8, 16, 32),
        4096,
        "CPUS",
        CPU_PLATFORMS[3:6],
        nested=False,
        min_platform=False,
    ),
    Family(
        "n2d-standard",
        (2, 4, 8, 16, 32),
        4096,
        "N2D_CPUS",
        CPU_PLATFORMS[8:10],
        nested=False,
    ),
    Family("c3-standard", (4, 8, 22, 44, 88), 4096, "C3_CPUS", CPU_PLATFORMS[7:8]),
    Family(
        "t2a-standard",
        (1, 2, 4, 8, 16),
        4096,
        "T2A_CPUS",
        CPU_PLATFORMS[10:],
        nested=False,
        min_platform=False,
        architecture="ARM64",
    ),
)


@dataclass(frozen=True)
class MachineType:
    """A family in one size; memory_mb as the API's memoryMb."""

    name: str
    cpus: int
    memory_mb: int
    family: Family


MACHINE_TYPES: dict[str, MachineType] = {
    f"{family.name}-{size}": MachineType(
        f"{family.name}-{size}", size, size * family.memory_per_cpu_mb, family
    )
    for family in FAMILIES
    for size in family.sizes
}
