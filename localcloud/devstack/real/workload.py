"""Workload: the real DevStack on machines, adapted to what their host's kernel can do."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.console import say
from localcloud.devstack.real import uplink
from localcloud.devstack.real.host import lacks, lay_over, local_conf
from localcloud.devstack.real.machine import RealMachine
from localcloud.devstack.real.mirrors import AMPHORA_PATH, Mirrors
from localcloud.devstack.real.probes import Host
from localcloud.errors import LocalcloudError
from localcloud.machines.configuration import CONFIGURATION, CONTROLLER, FLOATING, GIT_BASE
from localcloud.machines.router import INTERNET
from localcloud.machines.workload import Place
from localcloud.programs import run

_SETTINGS: dict[str, Any] = {
    # OVN from source takes 9 minutes more on two cores.
    "devstack:ovnFromSource": False,
    # Long time limits: two nodes share the cores of one computer.
    "devstack:gitTimeoutS": 900,
    "devstack:serviceTimeoutS": 900,
    "devstack:nodeDeadlineS": 7200,
    "devstack:readyTimeoutS": 7200,
    "devstack:bakedReadyTimeoutS": 1800,
    "devstack:volumeBackingGib": 20,
}


class RealDevStack:
    """The real DevStack. `state` is the cloud's state folder.

    `mirrors` is a folder of git mirrors; None: the repositories' usual place. Raises
    LocalcloudError if the host lacks what nothing replaces.
    """

    def __init__(self, state: Path, mirrors: Path | None, host: Host) -> None:
        # The option of mount that names the layers of a machine is divided by them.
        if found := re.search("[:,]", str(state)):
            raise LocalcloudError(
                f"machines: {str(state)!r} holds {found[0]!r}, which mount cannot be given;"
                " name another folder in DEVSTACK_STATE_DIR"
            )
        self._state = state
        self._mirrors = mirrors
        self._lacks = lacks(host)

    @property
    def machines(self) -> Path:
        """A folder beside the images. Two nodes need some 15 GB, too much for many a /tmp."""
        return self._state / "machines"

    @property
    def images(self) -> Path:
        """A folder that `down` leaves, since a build takes a quarter of an hour or more."""
        return self._state / "images"

    @property
    def resolver(self) -> str:
        """The name server of the uplink."""
        return uplink.RESOLVER

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of every stack whose nodes build the real DevStack here."""
        mirrored = {
            "devstack:gitBase": GIT_BASE,
            "devstack:amphoraImageUrl": f"{GIT_BASE}{AMPHORA_PATH}",
        }
        return {
            **CONFIGURATION,
            **_SETTINGS,
            **(mirrored if self._mirrors else {}),
            "devstack:localConfFile": str(self._local_conf),
        }

    @property
    def _local_conf(self) -> Path:
        return self._state / "local.conf"

    @contextmanager
    def serve(self, place: Place) -> Iterator[None]:
        """Open the uplink, the way to floating addresses, and serve the mirrors."""
        for lack in self._lacks:
            say(lack.differs)
        text = local_conf(self._lacks, mirrors=self._mirrors is not None)
        self._local_conf.write_text(text, encoding="utf-8")
        place.switch.route(FLOATING, via=CONTROLLER)
        with uplink.opened(place.switch):
            if self._mirrors is None:
                yield
                return
            with Mirrors(self._mirrors, place.folder / "git").serve(place.switch.path, INTERNET):
                yield

    def machine(self, name: str, address: str, layers: Sequence[Path], place: Place) -> RealMachine:
        """Make a machine with what a cloud image of Debian has, and with the overlay's files."""
        machine = RealMachine(name, address, layers, place, self._lacks)
        uplink.prepare(machine.root)
        lay_over(self._lacks, machine.root)
        # Enabled, as in an image where stack.sh itself installs Apache.
        run("systemctl", "--root", machine.root, "--quiet", "enable", "apache2.service")
        return machine
