"""Control groups: the one thing that names all processes of a machine, and ends them at once."""

import time
from pathlib import Path

from localcloud.errors import LocalcloudError

_EMPTY_S = 20
_POLL_S = 0.1


def unified_root() -> Path:
    """Where the unified hierarchy is; not at the same place on every host."""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, target, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(target)
    raise LocalcloudError("machines need a mounted cgroup2 hierarchy")


def remove_cgroup(cgroup: Path) -> None:
    """Kill what is in a group and remove it with all groups below."""
    (cgroup / "cgroup.kill").write_text("1", encoding="ascii")
    deadline = time.monotonic() + _EMPTY_S
    while "populated 1" in (cgroup / "cgroup.events").read_text(encoding="ascii"):
        if time.monotonic() > deadline:
            raise LocalcloudError(f"{cgroup} still has processes after {_EMPTY_S} s")
        time.sleep(_POLL_S)
    groups = [path for path in cgroup.rglob("*") if path.is_dir()]
    for group in [*sorted(groups, reverse=True), cgroup]:
        group.rmdir()
