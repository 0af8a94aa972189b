"""Logs: collect this node's diagnostics into an archive without secrets.

Missing, oversized or slow items are noted in `collected.txt` and do not stop the collection. The
most important items come first, since the job may stop reading early.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import subprocess
import sys
import tarfile
import tempfile
import time
from typing import TYPE_CHECKING, BinaryIO

from devstack_node import node, redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MIB = 2**20
_FILE_BYTES = 16 * _MIB
"""Size limit of a file. A longer one keeps a quarter from its beginning, the rest from its end."""
_TOTAL_BYTES = 256 * _MIB
_COMMAND_S = 60.0

_SERVICES = (
    *("nova", "neutron", "cinder", "glance", "keystone", "placement", "octavia"),
    *("neutron/plugins/ml2", "openvswitch", "ovn"),
)
_DAEMONS = ("apache2", "httpd", "rabbitmq", "mariadb", "mysql", "openvswitch", "ovn")
_FILES = (
    ("var/lib/devstack-node/*.json*", ""),
    ("var/log/devstack-node/*", ""),
    ("opt/stack/logs/*", ""),
    ("var/log/cloud-init*.log", ""),
    ("var/lib/cloud/data/*.json", "cloud-init"),
    ("opt/stack/devstack/local.conf", ""),
    *(
        (f"etc/{service}/*.{suffix}", f"etc/{service}")
        for service in _SERVICES
        for suffix in ("conf", "ini")
    ),
    *((f"var/log/{daemon}/*.log", f"log/{daemon}") for daemon in _DAEMONS),
)
"""Glob patterns below the root, and the target folder in the archive."""

_ALSO_HOLD_SECRETS = (
    *("etc/devstack-node/local.conf", "opt/stack/devstack/.localrc.password"),
    "etc/openstack/clouds.yaml",
)

_JOURNAL = ("journalctl", "--no-pager", "--output", "short-iso")
_UNITS = ("systemctl", "list-units", "--all", "--plain", "--no-legend", "--no-pager")
_COMMANDS = (
    ("cloud-init/status.long.json", ("cloud-init", "status", "--long", "--format", "json")),
    ("cloud-init/schema.txt", ("cloud-init", "schema", "--system")),
    ("cloud-init/version.txt", ("cloud-init", "--version")),
    ("units.txt", _UNITS),
    ("addresses.txt", ("ip", "-brief", "address")),
    ("disks.txt", ("df", "--human-readable")),
    ("journal.log", (*_JOURNAL, "--boot")),
)


def main(arguments: list[str]) -> int:
    """Write the archive to standard output. Return 2 if that is a terminal."""
    parser = argparse.ArgumentParser(prog="devstack-logs")
    parser.add_argument("--timeout", type=float, default=120, metavar="SECONDS")
    options = parser.parse_args(arguments)
    if sys.stdout.isatty():
        node.say("the archive is no text; write it to a file: sudo devstack-logs > logs.tar.gz")
        return 2
    output = sys.stdout.buffer
    with (
        gzip.GzipFile("", "wb", 6, output, 0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        _Collection(archive, node.Deadline(options.timeout)).collect()
    return 0


class _Collection:
    """An archive that is being written, within a deadline and a total size."""

    def __init__(self, archive: tarfile.TarFile, deadline: node.Deadline) -> None:
        self._archive = archive
        self._deadline = deadline
        self._redactor = redact.Redactor(_configuration())
        self._left = _TOTAL_BYTES
        self._notes: list[str] = []

    def collect(self) -> None:
        for path, name in _files():
            self._read(path, name)
        for name, command in (*_COMMANDS, *_later_commands()):
            self._run(name, command)
        self._put("collected.txt", "".join(f"{note}\n" for note in self._notes))

    def _read(self, path: Path, name: str) -> None:
        try:
            with path.open("rb") as file:
                self._add(name, file)
        except OSError as error:
            self._notes.append(f"{name}: {error.strerror}")

    def _run(self, name: str, command: tuple[str, ...]) -> None:
        timeout_s = min(_COMMAND_S, self._deadline.left())
        if timeout_s <= 0:
            self._notes.append(f"{name}: no time was left")
            return
        # Messages on standard error would make a JSON file unreadable.
        errors = subprocess.DEVNULL if name.endswith(".json") else subprocess.STDOUT
        with tempfile.TemporaryFile() as file:
            try:
                done = subprocess.run(
                    command,
                    stdout=file,
                    stderr=errors,
                    stdin=subprocess.DEVNULL,
                    timeout=timeout_s,
                    check=False,
                )
                if done.returncode:
                    self._notes.append(f"{name}: {command[0]} ended with {done.returncode}")
            except subprocess.TimeoutExpired:
                self._notes.append(f"{name}: cut off after {timeout_s:.0f} s")
            except OSError as error:
                self._notes.append(f"{name}: {command[0]}: {error.strerror}")
                return
            file.seek(0)
            self._add(name, file)

    def _add(self, name: str, file: BinaryIO) -> None:
        if self._deadline.passed():
            self._notes.append(f"{name}: no time was left")
            return
        text, left_out = _ends(file, min(_FILE_BYTES, self._left))
        if left_out:
            self._notes.append(f"{name}: {left_out} bytes were left out")
        self._left -= len(text)
        self._put(name, self._redactor.text(text))

    def _put(self, name: str, text: str) -> None:
        content = text.encode()
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime = len(content), int(time.time())
        self._archive.addfile(entry, io.BytesIO(content))


def _configuration() -> Iterator[str]:
    """Yield the configuration files that contain this node's secrets."""
    patterns = [pattern for pattern, _ in _FILES if pattern.startswith("etc/")]
    for pattern in (*_ALSO_HOLD_SECRETS, *patterns):
        for path in node.ROOT.glob(pattern):
            with contextlib.suppress(OSError):
                yield path.read_text(encoding="utf-8", errors="replace")


def _files() -> Iterator[tuple[Path, str]]:
    """Yield each file to collect, once, with its name in the archive."""
    seen = set()
    for pattern, folder in _FILES:
        # DevStack links FILE.log to FILE.log.DATE. Prefer the link's name.
        for path in sorted(node.ROOT.glob(pattern), key=lambda p: (not p.is_symlink(), p)):
            try:
                real = path.resolve()
                # This runs as root: never follow a link out of its directory.
                inside = real.parent == path.parent.resolve() and real.is_file()
            except (OSError, RuntimeError):
                # A link loop, or a disk error.
                continue
            if inside and real not in seen:
                seen.add(real)
                yield path, f"{folder}/{path.name}".lstrip("/")


def _later_commands() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield commands that depend on the node: the previous boot's journal, DevStack's units."""
    # Earlier boots have negative numbers. Newer versions of systemd also print a heading.
    if any(line.lstrip().startswith("-") for line in _lines(*_JOURNAL, "--list-boots")):
        yield "journal.previous-boot.log", (*_JOURNAL, "--boot=-1")
    for line in _lines(*_UNITS, "devstack*"):
        unit = line.split()[0]
        yield f"journal/{unit}.log", (*_JOURNAL, "--boot", "--unit", unit)


def _lines(*command: str) -> list[str]:
    try:
        return node.run(*command, timeout_s=20).splitlines()
    except RuntimeError:
        return []


def _ends(file: BinaryIO, most: int) -> tuple[str, int]:
    """Return a file's text, shortened to `most` bytes at line ends, and the bytes left out."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size <= most:
        return file.read().decode(errors="replace"), 0
    begin = file.read(most // 4)
    begin = begin[: begin.rfind(b"\n") + 1]
    file.seek(size - most * 3 // 4)
    end = file.read()
    end = end[end.find(b"\n") + 1 :]
    left_out = size - len(begin) - len(end)
    middle = f"… {left_out} bytes left out …\n"
    return begin.decode(errors="replace") + middle + end.decode(errors="replace"), left_out
