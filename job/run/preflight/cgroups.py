"""Control groups: the pod's CPU and memory limits, and how often it was throttled.

A management cluster that lacks CPU or memory fails in ways that do not point at the limits.
"""

import os
from collections.abc import Iterator
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
        folders = list(_folders(root, unified, ""))
        quotas = [_cpu_max(_text(folder / "cpu.max")) for folder in folders]
        memories = [_number(_text(folder / "memory.max")) for folder in folders]
        stat_of, throttled_key, unit = folders[0], "throttled_usec", _US
    else:
        cpu_folders = list(_folders(root, unified / "cpu", "cpu"))
        memory_folders = list(_folders(root, unified / "memory", "memory"))
        quotas = [_cfs(folder) for folder in cpu_folders]
        memories = [_number(_text(folder / "memory.limit_in_bytes")) for folder in memory_folders]
        stat_of, throttled_key, unit = cpu_folders[0], "throttled_time", _NS
    stat = dict(
        line.split()
        for line in _text(stat_of / "cpu.stat").splitlines()
        if len(line.split()) == 2  # noqa: PLR2004 - key and value
    )
    memory = _least([value for value in memories if value is not None and value < _UNLIMITED])
    throttled = stat.get(throttled_key)
    return {
        "cpus": _least([value for value in quotas if value is not None]),
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


def _cpu_max(text: str) -> float | None:
    quota, _, period = text.strip().partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() else None


def _cfs(folder: Path) -> float | None:
    quota = _text(folder / "cpu.cfs_quota_us").strip()
    period = _text(folder / "cpu.cfs_period_us").strip()
    return _cpu_max(f"{quota} {period}")


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None


def _least(values: list[Any]) -> Any:
    return min(values, default=None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
