"""Control groups: the one thing that names all processes of a machine, and ends them at once."""

import time
from collections.abc import Iterator
from pathlib import Path

from localcloud.errors import LocalcloudError

_EMPTY_S = 20
_POLL_S = 0.1


def unified_root() -> Path:
    """Where the unified hierarchy is; not at the same place on every host."""
    for target, kind, _ in _mounts():
        if kind == "cgroup2":
            return target
    raise LocalcloudError("machines need a mounted cgroup2 hierarchy")


def machine_groups() -> Iterator[Path]:
    """Every group that may be a machine's, in each hierarchy that has such groups."""
    for root in _roots():
        yield from (path for path in root.iterdir() if path.is_dir())


def remove_cgroup(name: str) -> None:
    """Kill what is in a machine's group and remove it, wherever it is, with all groups below."""
    unified = unified_root() / name
    if unified.exists():
        _end_all(unified)
    for cgroup in (root / name for root in _roots()):
        below = [path for path in cgroup.rglob("*") if path.is_dir()]
        for group in sorted(below, reverse=True):
            group.rmdir()
        if cgroup.exists():
            cgroup.rmdir()


def _end_all(cgroup: Path) -> None:
    (cgroup / "cgroup.kill").write_text("1", encoding="ascii")
    deadline = time.monotonic() + _EMPTY_S
    while "populated 1" in (cgroup / "cgroup.events").read_text(encoding="ascii"):
        if time.monotonic() > deadline:
            raise LocalcloudError(f"{cgroup} still has processes after {_EMPTY_S} s")
        time.sleep(_POLL_S)


def _roots() -> list[Path]:
    """The unified hierarchy and, on a host that has both kinds, systemd's own of the old kind.

    systemd-nspawn makes a machine's group in that one as well, and leaves it there.
    """
    old = [
        target
        for target, kind, options in _mounts()
        if kind == "cgroup" and "name=systemd" in options.split(",")
    ]
    return [unified_root(), *old]


def _mounts() -> Iterator[tuple[Path, str, str]]:
    """Target, type and options of each mount."""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, target, kind, options, *_ = line.split()
        yield Path(target), kind, options
