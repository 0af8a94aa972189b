"""Sealed: nodes that were sealed, as images from which the nodes of other stacks start."""

import contextlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from localcloud.machines.booted import BootedMachine
from stacks.credentials import Credentials
from stacks.naming import Role
from tests.boot.site import Site

# Long enough for a password, and for a line of a key; without what the lines of a table have.
_VALUE = re.compile(rb"[A-Za-z0-9_-]{16,}")
# Public: what git and Python write. Their own names and times are the same on nodes of one image.
_PUBLIC = {".git", "__pycache__"}
_SMALL = 4096

Layers = tuple[Path, ...]
"""What the nodes wrote from which an image was made, the last one first."""


class FromImages(Site):
    """Nodes that start from images, by role; a node without one is built."""

    def __init__(
        self,
        images: Mapping[Role, Layers],
        folder: Path,
        tree: Path,
        credentials: Credentials,
        given: dict[str, str],
    ) -> None:
        self._images = images
        super().__init__(folder, tree, credentials, {}, given)

    def _make(self, role: Role, tree: Path) -> BootedMachine:
        return BootedMachine(
            role,
            getattr(self.settings, f"{role}_ip"),
            switch=self.switch,
            tree=tree,
            folder=self._folder / role,
            layers=self._images.get(role, ()),
        )

    def start(self) -> None:
        """Start both machines at the same moment, and wait until they are ready."""
        self.controller.start()
        self.worker.start()
        for machine in (self.controller, self.worker):
            answer = self.wait(machine)
            assert answer.code == 0, answer
        answer = self.wait(self.controller, "worker")
        assert answer.code == 0, answer

    def seal(self, role: Role) -> Layers:
        """Seal a node and cut its power. Return its image, which `close` does not remove."""
        machine: BootedMachine = getattr(self, role)
        sealed = self.ssh(machine, "sudo devstack-seal")
        assert sealed.returncode == 0, sealed.stderr
        machine.cut_power()
        # As a copy of the disk: with owners, attributes, and marks of removed files.
        image = self._folder / f"{role}-image"
        subprocess.run(["cp", "--archive", machine.changes, image], check=True)
        return (image, *machine.layers)

    def zones(self, kind: str) -> set[str]:
        """Return the AZs of servers (`compute`) or volumes (`volume`) that the cloud lists."""
        command = f"openstack --os-cloud devstack-admin availability zone list --{kind} -f json"
        return set(
            re.findall(r'"Zone Name": "(.*?)"', self.run(self.controller, f"sudo {command}"))
        )

    def stages(self, role: Role) -> str:
        """Return the stages that a node went through, as it has written them down."""
        return self.run(getattr(self, role), "sudo cat /var/lib/devstack-node/events.jsonl")


def values(machine: BootedMachine) -> set[bytes]:
    """Return whatever may be a secret in the files that are not of the Debian tree.

    That is: each word with letters and digits, and each small file that is no text.
    """
    found: set[bytes] = set()
    for path in new_files(machine):
        # The machine may be on.
        with contextlib.suppress(FileNotFoundError):
            content = path.read_bytes()
            found.update(word for word in _VALUE.findall(content) if _is_mixed(word))
            if len(content) <= _SMALL and not _is_text(content):
                found.add(content)
    return found


def new_files(machine: BootedMachine) -> Iterator[Path]:
    """Yield the regular files of a machine that are not of the Debian tree.

    Those of its image are included, logs and what git and Python write are not.
    """
    seen = set()
    for layer in (machine.changes, *machine.layers):
        for path in layer.rglob("*"):
            name = path.relative_to(layer)
            if name in seen or name.parts[:2] == ("var", "log") or _PUBLIC.intersection(name.parts):
                continue
            seen.add(name)
            # Through the mount, which knows what was removed.
            file = machine.root / name
            if file.is_file() and not file.is_symlink():
                yield file


def _is_mixed(word: bytes) -> bool:
    return any(48 <= byte <= 57 for byte in word) and any(byte > 57 for byte in word)


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content
