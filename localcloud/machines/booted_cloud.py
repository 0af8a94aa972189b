"""Booted cloud: a Compute API whose instances boot, and the network namespace of a job.

    job 198.51.100.2 ── router 198.51.100.1, git service ── switch 10.0.3.1 ── nodes
    loopback: the Compute API           203.0.113.x by NAT                     10.0.3.15, .16

With the stand-in, no namespace can reach the host's network. With the real DevStack, the nodes
reach package registries. The job cannot touch a real cloud either way. Root only.
"""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from localcloud import stack_settings
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from localcloud.devstack.standin import StandIn
from localcloud.machines.baked_images import BakedImages
from localcloud.machines.booted_nodes import BootedNodes
from localcloud.machines.configuration import DEFAULTS, IMAGE, IMAGE_PROJECT, MTU_BYTES, NETWORK
from localcloud.machines.image_record import ImageRecord
from localcloud.machines.job_space import in_job_space
from localcloud.machines.router import Router
from localcloud.machines.strays import switch_name
from localcloud.machines.switch import Switch, inside
from localcloud.machines.workload import Place, Workload


class BootedCloud:
    """A context manager with a cloud that has no instances yet. Its end removes everything."""

    api: ComputeApi
    """The double, with its controls: inventory, latencies, faults."""
    job: Path
    """The job's network namespace. The API listens on its loopback."""
    nodes: BootedNodes
    workload: Workload

    def __init__(
        self, tree: Path, options: Options | None = None, workload: Workload | None = None
    ) -> None:
        self._tree = tree
        self._options = options or Options()
        self.workload = workload or StandIn()
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            prefix = f"{switch_name()}-"
            # If this process is killed, strays.py finds the folder by its name.
            if parent := self.workload.machines:
                parent.mkdir(parents=True, exist_ok=True)
            files = tempfile.TemporaryDirectory(prefix=prefix, dir=parent)
            folder = Path(undo.enter_context(files))
            self._switch = Switch(switch_name(), NETWORK, MTU_BYTES)
            undo.callback(self._switch.remove)
            router = Router(self._switch)
            place = Place(switch=self._switch, tree=self._tree, folder=folder)
            undo.enter_context(self.workload.serve(place))
            library = self.workload.images
            images = BakedImages((library or folder) / "layers")
            self.nodes = BootedNodes(
                self._switch,
                router,
                images,
                partial(self.workload.machine, place=place),
            )
            undo.callback(self.nodes.close)
            self.job = router.job
            self.api = ComputeApi(self._options)
            self.api.publish_image(IMAGE_PROJECT, IMAGE, IMAGE)
            self.nodes.attach(self.api)
            if library:
                record = ImageRecord(library / "images.json", self._tree, self.api, images)
                record.restore()
                record.attach()
                # The API is ahead of the machines: an image may be READY whose capture waits for a
                # shutdown. It must not be lost.
                undo.callback(self.api.cloud.hooks.drain)
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
        """Return the command line that runs a command in the job's space."""
        return in_job_space(self.job, words)

    def settings(self, folder: Path, *, project: str = "localcloud", **given: Any) -> Path:
        """Write the settings file of a stack on this cloud. Return its path.

        `given` has settings by name without `devstack:`. They win over the workload's.
        """
        own = {f"devstack:{key}": value for key, value in given.items()}
        fixed = {**self.workload.settings, **own}
        return stack_settings.write(
            folder, endpoint=self.api.url, project=project, fixed=fixed, defaults=DEFAULTS
        )

    @property
    def beside_nodes(self) -> Path:
        """The network namespace of the nodes' switch, outside both nodes."""
        return self._switch.path

    def add_server(self, controller: str, interface: str) -> Path:
        """Add a network namespace in the place of a Nova server. Return its path.

        It is on the external bridge of `controller`, an instance's name. `interface` is a floating
        IP with its prefix length.
        """
        return self._switch.plug_behind(
            self.nodes.machine(controller).name, "br-ex", "server", interface
        )
