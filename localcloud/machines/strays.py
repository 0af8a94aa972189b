"""Strays: what machines left behind whose process was killed before it could remove them.

A switch is named PREFIX and the id of the process that made it; machines, namespaces and
folders begin with the switch's name.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from host.processes import alive
from localcloud.locks import exclusive
from localcloud.machines.cgroups import machine_groups, remove_cgroup
from localcloud.programs import run

PREFIX = "boot"

_NAMESPACES = Path("/run/netns")


def switch_name() -> str:
    """A name by which this process's switch and machines can be told."""
    return f"{PREFIX}{os.getpid()}"


def remove_strays(cache: Path) -> None:
    """Remove machines, mounts, namespaces and folders of processes that are no more."""
    with exclusive(cache / "strays.lock", "it removes what killed runs left"):
        _remove()


def _remove() -> None:
    for name in {cgroup.name for cgroup in _of_the_dead(machine_groups())}:
        remove_cgroup(name)
    folders = list(_of_the_dead(Path(tempfile.gettempdir()).iterdir()))
    for mount in _mounts_below(folders):
        run("umount", mount)
    for folder in folders:
        shutil.rmtree(folder)
    if _NAMESPACES.is_dir():
        for namespace in _of_the_dead(_NAMESPACES.iterdir()):
            run("ip", "netns", "delete", namespace.name)


def _of_the_dead(paths: Iterable[Path]) -> Iterator[Path]:
    for path in list(paths):
        found = re.match(rf"{PREFIX}(\d+)(-|$)", path.name)
        # When a namespace was made is not told: a process that got a dead one's id is spared.
        if found and not alive(int(found[1]), written_at=time.time()):
            yield path


def _mounts_below(folders: list[Path]) -> list[Path]:
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    targets = [Path(line.split()[1]) for line in lines]
    return [target for target in targets if any(target.is_relative_to(f) for f in folders)]
