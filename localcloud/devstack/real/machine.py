"""Machine: one with all capabilities except mknod, and with some of the host's devices."""

import os
from collections.abc import Sequence
from pathlib import Path

from localcloud.machines.booted import BootedMachine
from localcloud.machines.workload import Place


class RealMachine(BootedMachine):
    """A machine on which the real DevStack can be built."""

    privileges = ("--capability=all",)

    def __init__(
        self,
        name: str,
        address: str,
        layers: Sequence[Path],
        place: Place,
        devices: Sequence[Path],
    ) -> None:
        folder = place.folder / name
        super().__init__(
            name, address, switch=place.switch, tree=place.tree, folder=folder, layers=layers
        )
        for device in devices:
            found = device.stat()
            copy = folder / device.name
            copy.unlink(missing_ok=True)
            # A file of its own: packages on a node change the mode of the device.
            os.mknod(copy, found.st_mode, found.st_rdev)
