"""Machine: one with all capabilities except mknod, and with loop devices of its own."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from host.locks import take
from host.processes import Child
from localcloud.errors import LocalcloudError
from localcloud.machines.booted import BootedMachine
from localcloud.machines.loops import MAJOR, detach, is_attached
from localcloud.machines.switch import Switch

_SLOTS = 16
_IN_A_SLOT = 4
"""Cinder's volume group needs one, a plugin that a user adds perhaps another."""


@dataclass
class LoopDevices:
    """Some of the host's loop devices, which no other machine has until `release`."""

    numbers: range
    _lock: IO[str]

    @classmethod
    def take(cls, locks: Path) -> Self:
        """Take loop devices that nobody has attached. `locks` is the folder of their locks.

        Raises LocalcloudError if all are taken.
        """
        for slot in range(_SLOTS):
            numbers = range(slot * _IN_A_SLOT, (slot + 1) * _IN_A_SLOT)
            lock = take(locks / f"{numbers.start}-{numbers.stop - 1}.lock")
            if lock is None:
                continue
            if not any(map(is_attached, numbers)):
                return cls(numbers, lock)
            lock.close()
        raise LocalcloudError(
            f"loop devices: all groups of {_IN_A_SLOT} below loop{_SLOTS * _IN_A_SLOT} are taken;"
            " losetup shows by whom"
        )

    def release(self) -> None:
        """Let another machine take them."""
        self._lock.close()


class RealMachine(BootedMachine):
    """A machine on which the real DevStack can be built."""

    def __init__(  # noqa: PLR0913 - each argument is one part of the machine
        self,
        name: str,
        address: str,
        *,
        switch: Switch,
        tree: Path,
        folder: Path,
        layers: Sequence[Path],
        loops: LoopDevices,
    ) -> None:
        super().__init__(name, address, switch=switch, tree=tree, folder=folder, layers=layers)
        self._loops = loops
        self._nodes = [folder / f"loop{number}" for number in loops.numbers]
        for node, number in zip(self._nodes, loops.numbers, strict=True):
            # Separate device nodes: a machine may change their modes, and not the host's.
            os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(MAJOR, number))
        binds = (f"--bind={node}:/dev/{node.name}" for node in self._nodes)
        self.privileges = ("--capability=all", *binds)

    def _clear(self, child: Child) -> None:
        """Also detach the loop devices, which outlive the machine."""
        super()._clear(child)
        for node in self._nodes:
            detach(node)

    def remove(self) -> None:
        """Remove the machine's files, and let others have its loop devices."""
        super().remove()
        self._loops.release()
