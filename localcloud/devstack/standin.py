"""Stand-in: a workload that takes seconds and has the interfaces of DevStack that nodes use."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.devstack.git_service import GitService
from localcloud.machines.booted import BootedMachine
from localcloud.machines.configuration import CONFIGURATION, GIT_BASE, RELEASE
from localcloud.machines.router import INTERNET
from localcloud.machines.workload import Place

# Seconds that the stand-in's stack.sh takes for a unit of work.
_UNIT_S = "0.1"


class StandIn:
    """The workload of every cloud that is not told otherwise."""

    settings: Mapping[str, Any] = {
        **CONFIGURATION,
        "devstack:gitBase": GIT_BASE,
        # It takes seconds on an idle machine. These limits end hangs, not slow builds.
        "devstack:nodeDeadlineS": 600,
        "devstack:readyTimeoutS": 600,
    }
    machines: Path | None = None
    images: Path | None = None
    resolver = ""

    def __init__(self, **variables: str) -> None:
        """Take variables of the stand-in's stack.sh, which win over the defaults."""
        self._variables = {"UNIT_S": _UNIT_S, **variables}

    @contextmanager
    def serve(self, place: Place) -> Iterator[None]:
        """Serve the stand-in's repositories while the block runs."""
        git = GitService(place.folder, f"stable/{RELEASE}")
        git.publish(**self._variables)
        git.start(place.switch.path, INTERNET)
        try:
            yield
        finally:
            git.stop()

    def machine(
        self, name: str, address: str, layers: Sequence[Path], place: Place
    ) -> BootedMachine:
        """Make an ordinary machine."""
        return BootedMachine(
            name,
            address,
            switch=place.switch,
            tree=place.tree,
            folder=place.folder / name,
            layers=layers,
        )
