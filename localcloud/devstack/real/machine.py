"""Machine: one with all capabilities except mknod, and with devices and folders of the host."""

import os
from collections.abc import Sequence
from pathlib import Path

from localcloud.devstack.real.host import Lack, devices, shared_folders
from localcloud.machines.booted import BootedMachine
from localcloud.machines.workload import Place


class RealMachine(BootedMachine):
    """A machine on which the real DevStack can be built."""

    def __init__(
        self,
        name: str,
        address: str,
        layers: Sequence[Path],
        place: Place,
        lacks: Sequence[Lack],
    ) -> None:
        folder = place.folder / name
        super().__init__(
            name, address, switch=place.switch, tree=place.tree, folder=folder, layers=layers
        )
        binds = []
        for path in shared_folders(lacks):
            shared = place.folder / "shared" / path.name
            shared.mkdir(parents=True, exist_ok=True)
            shared.chmod(0o777)
            binds.append(f"--bind={shared}:{path}")
        self.privileges = ("--capability=all", *binds)
        for device in devices(lacks):
            found = device.stat()
            copy = folder / device.name
            copy.unlink(missing_ok=True)
            # A file of its own: packages on a node change the mode of the device.
            os.mknod(copy, found.st_mode, found.st_rdev)
