"""Strays: leftovers of machines whose process was killed before it could remove them.

The name decides: a switch's is PREFIX and the ID of its process, and those of its machines,
namespaces and folders begin with the switch's. Everything of a process that does not run any more
is removed. Whatever has another name, or belongs to a running process, is left alone.
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
    """Return the name of this process's switch."""
    return f"{PREFIX}{os.getpid()}"


def remove_strays(cache: Path, *parents: Path) -> None:
    """Remove machines, mounts, namespaces and folders of processes that do not run any more.

    `parents` are folders of machines' files, beside the one for temporary files.
    """
    with exclusive(cache / "strays.lock", "it removes what killed runs left"):
        _remove([Path(tempfile.gettempdir()), *parents])


def _remove(parents: list[Path]) -> None:
    # Processes first, since they keep mounts busy; mounts before the folders that they are in.
    for name in {cgroup.name for cgroup in _of_the_dead(machine_groups())}:
        remove_cgroup(name)
    folders = [
        folder for parent in parents if parent.is_dir() for folder in _of_the_dead(parent.iterdir())
    ]
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
        # The age of a namespace is unknown. So if a new process has a dead one's ID, they stay.
        if found and not alive(int(found[1]), written_at=time.time()):
            yield path


def _mounts_below(folders: list[Path]) -> list[Path]:
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    targets = [Path(line.split()[1]) for line in lines]
    return [target for target in targets if any(target.is_relative_to(f) for f in folders)]
