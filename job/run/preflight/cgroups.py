"""Control groups: the pod's CPU and memory limits, and how often it was throttled.

A management cluster that lacks CPU or memory fails in ways that do not point at the limits.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from job.run.preflight.findings import Report

_FLOOR_CPUS, _FLOOR_GIB = 4, 6
_GIB = 2**30
# Control groups v1 report "no limit" as the largest multiple of the page size.
_UNLIMITED = 2**60
_NS, _US = 1e9, 1e6


def check(*, root: Path = Path("/"), machine_cpus: int | None = None) -> Report:
    """Record the limits. Warn of limits that are too low for the E2E suite."""
    facts = limits(root)
    cpus = min(facts["cpus"] or float("inf"), machine_cpus or len(os.sched_getaffinity(0)))
    gib = facts["memoryGib"]
    report = Report(facts={"cgroup": facts})
    short = []
    if cpus < _FLOOR_CPUS:
        short.append(f"{cpus:g} CPUs of {_FLOOR_CPUS}")
    if gib is not None and gib < _FLOOR_GIB:
        short.append(f"{gib:g} GiB of {_FLOOR_GIB}")
    if short:
        report.warnings.append(
            f"cgroup: the job has {' and '.join(short)} that the E2E suite needs; raise the pod's"
            " requests and limits"
        )
    return report


def limits(root: Path) -> dict[str, Any]:
    """Return limits and throttling so far; None for an absent or unreadable value."""
    unified = root / "sys/fs/cgroup"
    if (unified / "cgroup.controllers").exists():
        cpu_folders = memory_folders = list(_folders(root, unified, ""))
        cpu_files, memory_file = ["cpu.max"], "memory.max"
        throttled_key, unit = "throttled_usec", _US
    else:
        cpu_folders = list(_folders(root, unified / "cpu", "cpu"))
        memory_folders = list(_folders(root, unified / "memory", "memory"))
        cpu_files = ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        memory_file = "memory.limit_in_bytes"
        throttled_key, unit = "throttled_time", _NS
    stat = dict(re.findall(r"(?m)^(\S+) (\S+)$", _text(cpu_folders[0] / "cpu.stat")))
    memory = _least(_bytes(_text(folder / memory_file)) for folder in memory_folders)
    throttled = stat.get(throttled_key)
    return {
        "cpus": _least(
            _cpus(*(_text(folder / file) for file in cpu_files)) for folder in cpu_folders
        ),
        "memoryGib": None if memory is None else round(memory / _GIB, 2),
        "throttledPeriods": int(stat["nr_throttled"]) if "nr_throttled" in stat else None,
        "throttledS": None if throttled is None else round(int(throttled) / unit, 3),
    }


def _folders(root: Path, mount: Path, controller: str) -> Iterator[Path]:
    """Yield our group and its ancestors, all of which limit us; in a container, the mount alone."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            inner = mount / path.lstrip("/")
            # In a container the path may be the host's, which is not mounted here.
            if inner != mount and inner.is_dir() and ".." not in inner.parts:
                yield inner
                yield from (parent for parent in inner.parents if parent.is_relative_to(mount))
                return
    yield mount


def _cpus(*texts: str) -> float | None:
    """Divide a quota by its period, which stand in one text or in two."""
    match " ".join(texts).split():
        case [quota, period] if quota.isdigit() and period.isdigit():
            return int(quota) / int(period)
    return None


def _bytes(text: str) -> int | None:
    return int(text) if text.strip().isdigit() and int(text) < _UNLIMITED else None


def _least(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
