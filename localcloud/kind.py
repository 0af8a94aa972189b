"""Kind: which cloud a command is about. Each kind has a state folder and a daemon of its own."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from localcloud.errors import LocalcloudError

DevStack = Literal["standin", "real"]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Simulated instances, or machines that boot and build a DevStack."""

    machines: bool = False
    devstack: DevStack = "standin"
    mirrors: Path | None = None
    """Folder of the mirrors from which the real DevStack is cloned. None: from their usual place,
    or from where a daemon that runs already has them."""

    @classmethod
    def of(cls, given: argparse.Namespace) -> Self:
        """Return the kind that a command line names. Raises LocalcloudError if it is none."""
        real = given.devstack == "real"
        if real and not given.machines:
            raise LocalcloudError("--devstack real: it is built on machines; add --machines")
        if given.mirrors and not real:
            raise LocalcloudError("--mirrors: only the real DevStack is cloned from them")
        if given.mirrors and not given.mirrors.is_dir():
            raise LocalcloudError(f"--mirrors: {given.mirrors} is no folder")
        mirrors = given.mirrors.resolve() if given.mirrors else None
        return cls(machines=given.machines, devstack=given.devstack, mirrors=mirrors)

    @staticmethod
    def add_options(parser: argparse.ArgumentParser) -> None:
        """Add the options that `of` reads."""
        parser.add_argument(
            "--machines",
            action="store_true",
            help="the cloud whose instances boot, in network namespaces (as root)",
        )
        parser.add_argument(
            "--devstack",
            choices=("standin", "real"),
            default="standin",
            help="what the machines build (%(default)s)",
        )
        parser.add_argument(
            "--mirrors",
            type=Path,
            metavar="FOLDER",
            help="clone the real DevStack from the mirrors OWNER/NAME.git in this folder",
        )

    @property
    def real(self) -> bool:
        """Whether its machines build the real DevStack."""
        return self.devstack == "real"

    @property
    def name(self) -> str:
        """The name of its state folder."""
        if self.real:
            return "localcloud-real"
        return "localcloud-machines" if self.machines else "localcloud"

    @property
    def options(self) -> tuple[str, ...]:
        """The command line options that name it."""
        return (
            *(("--machines",) if self.machines else ()),
            *(("--devstack", "real") if self.real else ()),
            *(("--mirrors", str(self.mirrors)) if self.mirrors else ()),
        )
