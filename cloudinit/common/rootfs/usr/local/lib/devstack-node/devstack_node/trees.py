"""Trees: the files of this node that may hold a secret, and the search in them."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from devstack_node import node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CONFIGURATION = ("etc", "home", "opt/stack", "root", "srv", "var/lib", "var/cache", "var/www")
_EVERYTHING = ("boot", "etc", "home", "opt", "root", "srv", "tmp", "usr/local", "var")

_DATABASES = ("var/lib/mysql", "var/lib/rabbitmq")
"""Their pages keep what was deleted. devstack-seal changes what they say by their own programs."""

_TEXT_BYTES = 16 * 2**20
_CHUNK_BYTES = 4 * 2**20


def texts() -> Iterator[Path]:
    """Yield the files whose secrets a start replaces: no repositories, no Python environments."""
    for path, size in _files(_CONFIGURATION, repositories=False):
        if size <= _TEXT_BYTES and not _has(path, (b"\0",)):
            yield path


def holding(needles: Sequence[bytes], without: Sequence[Path]) -> Iterator[Path]:
    """Yield each file of the whole node that has one of the needles in it, also a binary one."""
    for path, _ in _files(_EVERYTHING, repositories=True):
        if path not in without and _has(path, needles):
            yield path


def _files(trees: Sequence[str], *, repositories: bool) -> Iterator[tuple[Path, int]]:
    """Yield the regular files of this node's own disk, with their sizes. No link is followed."""
    pruned = [node.ROOT / folder for folder in _DATABASES]
    for tree in trees:
        top = node.ROOT / tree
        for folder, folders, names in os.walk(top):
            here = Path(folder)
            folders[:] = [
                name
                for name in folders
                if here / name not in pruned and _enters(here / name, repositories=repositories)
            ]
            for name in names:
                path = here / name
                # A daemon of the system, such as journald, may remove a file at any moment.
                with contextlib.suppress(FileNotFoundError):
                    status = path.lstat()
                    if stat.S_ISREG(status.st_mode):
                        yield path, status.st_size


def _enters(folder: Path, *, repositories: bool) -> bool:
    if os.path.ismount(folder):
        return False
    return repositories or (folder.name != ".git" and not (folder / "pyvenv.cfg").exists())


def _has(path: Path, needles: Sequence[bytes]) -> bool:
    """Search a file's data. Holes are skipped: volumes and images are large and mostly empty."""
    overlap = max(map(len, needles), default=1) - 1
    with path.open("rb", buffering=0) as file:
        number, end = file.fileno(), file.seek(0, os.SEEK_END)
        begin = 0
        while begin < end:
            try:
                begin = os.lseek(number, begin, os.SEEK_DATA)
            except OSError:
                # Nothing but a hole until the end.
                return False
            hole = os.lseek(number, begin, os.SEEK_HOLE)
            while begin < hole:
                chunk = os.pread(number, _CHUNK_BYTES, begin)
                if any(needle in chunk for needle in needles):
                    return True
                if len(chunk) <= overlap:
                    break
                begin += len(chunk) - overlap
            begin = hole
    return False
