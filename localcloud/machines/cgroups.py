"""Control groups: all processes of a machine as one group, which the kernel kills at once.

A signal to one process after another would miss those that are being started.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from localcloud.errors import LocalcloudError

_EMPTY_S = 20
_POLL_S = 0.1


def unified_root() -> Path:
    """Return the mount point of cgroup2, which differs between hosts. Raises LocalcloudError."""
    for target, kind in _mounts():
        if kind == "cgroup2":
            return target
    raise LocalcloudError("machines need a mounted cgroup2 hierarchy")


def machine_groups() -> Iterator[Path]:
    """Yield every group that may be a machine's, in each hierarchy that has such groups."""
    for root in _roots():
        yield from (path for path in root.iterdir() if path.is_dir())


def remove_cgroup(name: str) -> None:
    """Kill the processes of a machine's group. Remove the group and those below it.

    Groups that do not exist are accepted. Raises LocalcloudError if a process survives 20 seconds.
    """
    unified = unified_root() / name
    if unified.exists():
        _end_all(unified)
    for cgroup in (root / name for root in _roots()):
        below = [path for path in cgroup.rglob("*") if path.is_dir()]
        for group in sorted(below, reverse=True):  # a group is removed after those below it
            group.rmdir()
        if cgroup.exists():
            cgroup.rmdir()


def _end_all(cgroup: Path) -> None:
    # The kernel kills the whole group, with the processes that are being forked.
    (cgroup / "cgroup.kill").write_text("1", encoding="ascii")
    deadline = time.monotonic() + _EMPTY_S
    while "populated 1" in (cgroup / "cgroup.events").read_text(encoding="ascii"):
        if time.monotonic() > deadline:
            raise LocalcloudError(f"{cgroup} still has processes after {_EMPTY_S} s")
        time.sleep(_POLL_S)


def _roots() -> list[Path]:
    """Return the cgroup2 hierarchy and, on a host that has both versions, those of v1.

    systemd-nspawn leaves a machine's group in systemd's own of v1. A Docker engine that was killed
    leaves its group in all of them.
    """
    return [unified_root(), *(target for target, kind in _mounts() if kind == "cgroup")]


def _mounts() -> Iterator[tuple[Path, str]]:
    """Yield target and type of each mount."""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, target, kind, *_ = line.split()
        yield Path(target), kind
