"""Booted cloud: a Compute API whose instances boot, and the namespace that a job runs in.

    job 198.51.100.2 ── router 198.51.100.1, git service ── switch 10.0.3.1 ── nodes
    loopback: the Compute API           203.0.113.x by NAT                     10.0.3.15, .16

No namespace has a way to the host's network. Root only.
"""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from localcloud import stack_settings
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from localcloud.devstack.git_service import GitService
from localcloud.machines.booted_nodes import BootedNodes
from localcloud.machines.configuration import (
    CONFIGURATION,
    IMAGE,
    IMAGE_PROJECT,
    MTU_BYTES,
    NETWORK,
    RELEASE,
)
from localcloud.machines.router import INTERNET, Router
from localcloud.machines.strays import switch_name
from localcloud.machines.switch import Switch, in_namespace, inside

# Of the stand-in's stack.sh: seconds for a unit of work.
_UNIT_S = "0.1"


class BootedCloud:
    """A context manager: everything is there, without an instance; at its end nothing is left."""

    api: ComputeApi
    """Also the controls: inventory, latencies, faults."""
    job: Path
    """The job's network namespace, on whose loopback the API is."""
    nodes: BootedNodes

    def __init__(
        self, tree: Path, options: Options | None = None, standin: Mapping[str, str] | None = None
    ) -> None:
        self._tree = tree
        self._options = options or Options()
        self._standin = {"UNIT_S": _UNIT_S, **(standin or {})}
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            prefix = f"{switch_name()}-"
            folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
            self._switch = Switch(switch_name(), NETWORK, MTU_BYTES)
            undo.callback(self._switch.remove)
            router = Router(self._switch)
            git = GitService(folder, f"stable/{RELEASE}")
            git.publish(**self._standin)
            git.start(self._switch.path, INTERNET)
            undo.callback(git.stop)
            self.nodes = BootedNodes(self._switch, router, self._tree, folder)
            undo.callback(self.nodes.close)
            self.job = router.job
            self.api = ComputeApi(self._options)
            self.api.publish_image(IMAGE_PROJECT, IMAGE, IMAGE)
            self.nodes.attach(self.api)
            inside(self.job, self.api.start)
            undo.callback(self.api.stop)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undo.close()

    def command(self, *words: str) -> list[str]:
        """The command line that runs a command where the job is."""
        return in_namespace(self.job, words)

    def settings(self, folder: Path, *, project: str = "localcloud", **given: Any) -> Path:
        """The settings file of a stack here; what is given is written without `devstack:`."""
        fixed = {**CONFIGURATION, **{f"devstack:{key}": value for key, value in given.items()}}
        return stack_settings.write(folder, endpoint=self.api.url, project=project, fixed=fixed)

    def add_server(self, controller: str, interface: str) -> Path:
        """A namespace that stands for a server of Nova's, with a floating address and its prefix.

        It is on the external bridge of the controller, which is named by its instance's name.
        """
        return self._switch.plug_behind(
            self.nodes.machine(controller).name, "br-ex", "server", interface
        )
