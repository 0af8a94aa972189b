"""Booted cloud: a Compute API whose instances boot, and the network namespace of a job.

    job 198.51.100.2 ── router 198.51.100.1, git service ── switch 10.0.3.1 ── nodes
    loopback: the Compute API           203.0.113.x by NAT                     10.0.3.15, .16

No namespace can reach the host's network, so nothing here can touch a real cloud. Root only.
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

# Seconds that the stand-in's stack.sh takes for a unit of work.
_UNIT_S = "0.1"


class BootedCloud:
    """A context manager with a cloud that has no instances yet. Its end removes everything."""

    api: ComputeApi
    """The double, with its controls: inventory, latencies, faults."""
    job: Path
    """The job's network namespace. The API listens on its loopback."""
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
            # If this process is killed, strays.py finds the folder by its name.
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
            # Until here a failure undoes what was made; from here `__exit__` does.
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
        """Return the command line that runs a command in the job's namespace."""
        return in_namespace(self.job, words)

    def settings(self, folder: Path, *, project: str = "localcloud", **given: Any) -> Path:
        """Write the settings file of a stack on this cloud. Return its path.

        `given` has settings by name without `devstack:`. They win over CONFIGURATION.
        """
        fixed = {**CONFIGURATION, **{f"devstack:{key}": value for key, value in given.items()}}
        return stack_settings.write(folder, endpoint=self.api.url, project=project, fixed=fixed)

    def add_server(self, controller: str, interface: str) -> Path:
        """Add a network namespace in the place of a Nova server. Return its path.

        It is on the external bridge of `controller`, an instance's name. `interface` is a floating
        IP with its prefix length.
        """
        return self._switch.plug_behind(
            self.nodes.machine(controller).name, "br-ex", "server", interface
        )
