"""Simulated: nodes that answer ssh and `devstack-status`, and build nothing.

Each instance gets an ssh server with the host key and authorized keys of its user data. It listens
on the external IP. Without one it can only be reached by a jump through the controller. The
controller also answers for the worker's registration, as on real nodes.
"""

import asyncio
import sys
import threading
from collections.abc import Coroutine
from math import inf
from types import TracebackType
from typing import Any, Protocol, Self

import asyncssh

from localcloud.compute_api.hooks import Callback, InstanceView
from localcloud.machines.node_status import Course, NodeStatus
from localcloud.machines.shell import Shell
from localcloud.machines.ssh_access import SshAccess, UserDataError
from localcloud.machines.ssh_server import Address, NodeSshServer

_SSH_PORT = 22  # most systems let only root listen on it
# Address of a node without an external IP. Any port will do, since clients come by the controller.
_HIDDEN = ("127.0.0.1", 0)
_WORKER = "worker"
_CONTROLLER = "controller"

_Key = tuple[str, str]


class InstanceEvents(Protocol):
    """The events of the Compute API double that nodes need."""

    def on_instance_running(self, callback: Callback) -> None:
        """Call back when an instance has become RUNNING."""

    def on_instance_stopped(self, callback: Callback) -> None:
        """Call back when an instance was stopped."""

    def on_instance_deleted(self, callback: Callback) -> None:
        """Call back when an instance was deleted."""


class SimulatedNodes:
    """The machines of all instances. A context manager that ends them all."""

    def __init__(self, *, port: int = _SSH_PORT) -> None:
        # By role, the last part of an instance's name. A change counts for instances that start
        # later; see `fare` for one that runs.
        self.courses: dict[str, Course] = {}
        self.port = port
        self._nodes: dict[_Key, NodeStatus] = {}
        self._servers: dict[_Key, NodeSshServer] = {}
        # Nodes by project and internal IP, for connections through the controller.
        self._inside: dict[tuple[str, str], _Key] = {}
        # asyncio's loop has only weak references to tasks, so these keep them alive.
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="nodes", daemon=True)
        self._thread.start()

    def attach(self, compute_api: InstanceEvents) -> None:
        """Start a machine for each instance that the API starts from now on."""
        compute_api.on_instance_running(self.boot)
        # A node has no files, so one that is started again begins as a new one.
        compute_api.on_instance_stopped(self.end)
        compute_api.on_instance_deleted(self.end)

    def boot(self, instance: InstanceView) -> None:
        """Start a machine. With unusable user data it has no ssh, and a line says why."""
        role = instance.name.rpartition("-")[2]
        status = NodeStatus(role, self.courses.get(role, Course()))
        key = _key(instance)
        self._nodes[key] = status
        host, port = (instance.nat_ip, self.port) if instance.nat_ip else _HIDDEN
        try:
            access = SshAccess.of(instance.metadata.get("user-data", ""))
            server = NodeSshServer(access, lambda *to: self._route(instance.project, *to))
            shell = Shell(status, lambda: self._worker_of(instance))
            self._servers[key] = self._do(server.listen(host, port, shell.run))
        except (UserDataError, asyncssh.KeyImportError, OSError) as error:
            print(f"{instance.name}: no ssh at {instance.nat_ip}: {error}", file=sys.stderr)
            return
        self._inside[instance.project, instance.network_ip] = key
        if status.course.silent_after_s < inf:
            self._do(self._later(status.course.silent_after_s, server))

    def end(self, instance: InstanceView) -> None:
        """End an instance's machine and its connections. Accept an instance without one."""
        key = _key(instance)
        self._nodes.pop(key, None)
        self._inside.pop((instance.project, instance.network_ip), None)
        if server := self._servers.pop(key, None):
            self._do(server.close())

    def fare(self, name: str, course: Course) -> None:
        """Give the instance of this name another course. Its times still count from the boot."""
        [status] = [status for (_, each), status in self._nodes.items() if each == name]
        status.course = course

    def silence(self, name: str) -> None:
        """Let the instance of this name accept connections without answering, from now on."""
        [server] = [server for (_, each), server in self._servers.items() if each == name]
        self._do(server.fall_silent())

    def close(self) -> None:
        """End all machines and the thread that serves them."""
        for key in list(self._servers):
            self._do(self._servers.pop(key).close())
        self._do(_end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _worker_of(self, instance: InstanceView) -> NodeStatus | None:
        name = f"{instance.name.removesuffix(_CONTROLLER)}{_WORKER}"
        return self._nodes.get((instance.project, name))

    def _route(self, project: str, host: str, port: int) -> Address | None:
        """Return the address of a node's ssh server here, or None for all else than nodes' ssh."""
        server = self._servers.get(self._inside.get((project, host), ("", "")))
        return server.address if server and port == _SSH_PORT else None

    async def _later(self, seconds: float, server: NodeSshServer) -> None:
        async def fall_silent() -> None:
            await asyncio.sleep(seconds)
            await server.fall_silent()

        task = asyncio.create_task(fall_silent())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # The API calls from threads of its own, but asyncssh's objects belong to the loop's thread.
    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _key(instance: InstanceView) -> _Key:
    # Google's names are unique in a zone, those of our program in a project.
    return instance.project, instance.name


async def _end_all() -> None:
    """Cancel the tasks that still run on the loop, and wait for their end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
