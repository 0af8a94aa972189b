"""Booted nodes: a machine that boots for each instance of the Compute API double.

It boots with the instance's name, internal IP and user data. Its external IP leads to it by NAT.
An internal IP outside the one network here, or one that another machine has, is refused. The API
has already started the instance by then, so it runs without a machine, like one that does not boot,
and a line says why.
"""

import sys
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from localcloud.compute_api.hooks import InstanceView
from localcloud.errors import LocalcloudError
from localcloud.machines.booted import BootedMachine
from localcloud.machines.router import Router
from localcloud.machines.simulated import InstanceEvents
from localcloud.machines.switch import Switch

_Key = tuple[str, str, str]


@dataclass(frozen=True)
class _Node:
    machine: BootedMachine
    public: str | None


class BootedNodes:
    """The machines of all instances. `close` ends them all; after that none boots."""

    def __init__(self, switch: Switch, router: Router, tree: Path, folder: Path) -> None:
        self._switch = switch
        self._router = router
        self._tree = tree
        self._folder = folder
        self._nodes: dict[_Key, _Node] = {}
        self._booted = 0
        self._closed = False
        self._lock = threading.Lock()

    def attach(self, compute_api: InstanceEvents) -> None:
        """Boot a machine for each instance that the API starts from now on."""
        compute_api.on_instance_running(self.boot)
        compute_api.on_instance_deleted(self.end)

    def boot(self, instance: InstanceView) -> None:
        """Start a machine. On failure print the reason and leave the instance without one."""
        with self._lock:
            # The API may start an instance while the cloud is being removed.
            if self._closed:
                return
            try:
                self._boot(instance)
            except (LocalcloudError, OSError) as error:
                print(f"{instance.name}: no machine: {error}", file=sys.stderr, flush=True)

    def end(self, instance: InstanceView) -> None:
        """Cut the power of an instance's machine, if it has one, and remove its files."""
        with self._lock:
            self._end(_key(instance))

    def close(self) -> None:
        """End all machines, and boot none from now on."""
        with self._lock:
            self._closed = True
            for key in list(self._nodes):
                self._end(key)

    def machine(self, name: str) -> BootedMachine:
        """Return the machine of the instance with this name, which must have one."""
        with self._lock:
            return next(node.machine for key, node in self._nodes.items() if key[-1] == name)

    def _boot(self, instance: InstanceView) -> None:
        self._refuse(instance.network_ip)
        self._booted += 1
        machine = BootedMachine(
            # The name of a network interface has at most 15 characters; an instance's has more.
            f"m{self._booted}",
            instance.network_ip,
            switch=self._switch,
            tree=self._tree,
            folder=self._folder / f"m{self._booted}-{instance.name}",
        )
        # Before it starts, so that one that fails on the way is removed, too.
        self._nodes[_key(instance)] = _Node(machine, instance.nat_ip)
        machine.seed(
            instance.metadata.get("user-data", ""),
            # A new ID for each machine: cloud-init provisions once per instance ID.
            instance_id=f"{instance.name}-{self._booted}",
            hostname=instance.name,
        )
        if instance.nat_ip:
            self._router.publish(instance.nat_ip, instance.network_ip)
        machine.start()

    def _refuse(self, address: str) -> None:
        """Raise LocalcloudError if the one network here cannot have the address."""
        if IPv4Address(address) not in self._switch.network:
            raise LocalcloudError(f"{address} is not in {self._switch.network}, the only network")
        if address in {node.machine.address for node in self._nodes.values()}:
            raise LocalcloudError(f"another machine has {address}")

    def _end(self, key: _Key) -> None:
        node = self._nodes.pop(key, None)
        if node is None:
            return
        if node.public:
            self._router.withdraw(node.public)
        node.machine.remove()


def _key(instance: InstanceView) -> _Key:
    return instance.project, instance.zone, instance.name
