"""Workload: what the machines of a booted cloud build, and what they need besides each other.

One is the stand-in for DevStack (`localcloud/devstack/standin.py`), the other the real DevStack
(`localcloud/devstack/real`).
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from localcloud.machines.booted import BootedMachine
from localcloud.machines.switch import Switch


@dataclass(frozen=True, kw_only=True)
class Place:
    """What all machines of a cloud have in common."""

    switch: Switch
    tree: Path
    """The Debian tree that they boot from."""
    folder: Path
    """Parent of the folders of their files."""


class Workload(Protocol):
    """The repositories and services of a cloud's machines, and the machines' own properties."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings that lead a stack's nodes to it, by their full names, such as devstack:mtu."""

    @property
    def machines(self) -> Path | None:
        """Folder for the machines' files while the cloud is there. None: the one for such files."""

    @property
    def images(self) -> Path | None:
        """Folder in which baked images outlive the cloud, on the file system of `machines`.

        None: they end with the cloud.
        """

    @property
    def resolver(self) -> str:
        """Address of a name server in the network of the machines; empty if there is none."""

    def serve(self, place: Place) -> AbstractContextManager[None]:
        """Serve what machines need, in the namespace of the switch, while the block runs."""

    def machine(
        self, name: str, address: str, layers: Sequence[Path], place: Place
    ) -> BootedMachine:
        """Make the machine of a node, ready to be started. Its files go below place.folder."""
