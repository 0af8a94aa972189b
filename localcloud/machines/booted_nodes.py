"""Booted nodes: a machine that boots for each instance of the Compute API double.

It boots with the instance's host name, internal IP and user data, from the image of its boot disk:
the Debian tree, or what was on another machine's disk. Its external IP leads to it by NAT. A
stopped instance keeps its machine's files; a deleted one does not, even if its boot disk remains.
A machine that reboots by itself starts again.

An internal IP outside the one network here, or one that another machine has, is refused, and so is
an image without files. The API has already started the instance by then, so it runs without a
machine, like one that does not boot, and a line says why.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol

from localcloud.compute_api.hooks import CreationCallback, ImageCallback, ImageView, InstanceView
from localcloud.errors import LocalcloudError
from localcloud.machines.baked_images import BakedImages
from localcloud.machines.booted import BootedMachine
from localcloud.machines.router import Router
from localcloud.machines.simulated import InstanceEvents
from localcloud.machines.switch import Switch

# Compute Engine's limit for the shutdown of an instance that is stopped.
_SHUTDOWN_S = 90

_Key = tuple[str, str, str]

MachineMaker = Callable[[str, str, Sequence[Path]], BootedMachine]
"""Makes a machine of a name, an address and the layers of an image."""


class MachineEvents(InstanceEvents, Protocol):
    """The events of the Compute API double that machines with disks need."""

    def on_image_created(self, callback: CreationCallback) -> None:
        """Call back when an image is created from a disk."""

    def on_image_deleted(self, callback: ImageCallback) -> None:
        """Call back when an image was deleted."""


@dataclass
class _Node:
    machine: BootedMachine
    instance_id: str
    public: str | None = None
    """The external IP that leads to it."""


class BootedNodes:
    """The machines of all instances. `close` ends them all; after that none boots."""

    def __init__(
        self, switch: Switch, router: Router, images: BakedImages, make: MachineMaker
    ) -> None:
        self._switch = switch
        self._router = router
        self._images = images
        self._make = make
        self._nodes: dict[_Key, _Node] = {}
        self._booted = 0
        self._closed = False
        self._lock = threading.Lock()

    def attach(self, compute_api: MachineEvents) -> None:
        """Boot a machine for each instance that the API starts from now on."""
        compute_api.on_instance_running(self.boot)
        compute_api.on_instance_stopped(self.shut_down)
        compute_api.on_instance_deleted(self.end)
        compute_api.on_image_created(self.capture)
        compute_api.on_image_deleted(self.discard)

    def boot(self, instance: InstanceView) -> None:
        """Start a machine, with the files that it had when its instance was stopped, if it was.

        On failure print the reason and leave the instance without a machine.
        """
        with self._lock:
            # The API may start an instance while the cloud is being removed.
            if self._closed:
                return
            try:
                self._boot(instance)
            except (LocalcloudError, OSError) as error:
                print(f"{instance.name}: no machine: {error}", file=sys.stderr, flush=True)

    def shut_down(self, instance: InstanceView) -> None:
        """Shut an instance's machine down, if it has one, within 90 s. Keep its files."""
        with self._lock:
            node = self._nodes.get(_key(instance))
            if node and not self._closed:
                node.machine.shut_down(_SHUTDOWN_S)
                self._withdraw(node)

    def end(self, instance: InstanceView) -> None:
        """Cut the power of an instance's machine, if it has one, and remove its files."""
        with self._lock:
            self._end(_key(instance))
            self._remove_unused()

    def capture(self, image: ImageView, source: InstanceView | None) -> None:
        """Make the disk of an instance's machine an image. On failure print the reason."""
        with self._lock:
            if self._closed:
                return
            node = self._nodes.get(_key(source)) if source else None
            try:
                self._images.capture(image, node.machine if node else None)
            except (LocalcloudError, OSError) as error:
                print(f"{image.path}: no files: {error}", file=sys.stderr, flush=True)
                self._remove_unused()

    def discard(self, image: ImageView) -> None:
        """Remove the files of an image, except those that machines still have."""
        with self._lock:
            self._images.discard(image)
            self._remove_unused()

    def close(self) -> None:
        """End all machines, and boot none from now on."""
        # Before the lock: queued events must not delay the end, above all no further shutdown.
        self._closed = True
        with self._lock:
            for key in list(self._nodes):
                self._end(key)

    def machine(self, name: str) -> BootedMachine:
        """Return the machine of the instance with this name, which must have one."""
        with self._lock:
            return next(node.machine for key, node in self._nodes.items() if key[-1] == name)

    def _boot(self, instance: InstanceView) -> None:
        self._refuse(instance.network_ip)
        node = self._nodes.get(_key(instance)) or self._add(instance)
        # At each start, since the metadata may have changed since the last one.
        node.machine.seed(
            instance.metadata.get("user-data", ""),
            instance_id=node.instance_id,
            hostname=instance.hostname,
        )
        if instance.nat_ip:
            self._router.publish(instance.nat_ip, instance.network_ip)
            node.public = instance.nat_ip
        self._start(node)

    def _start(self, node: _Node) -> None:
        node.machine.start(partial(self._ended, node))

    def _ended(self, node: _Node, pid: int) -> None:
        """Start a machine again if it asked for a reboot."""
        with self._lock:
            # Another process, or none: its power was cut here, and it may be on again by now.
            if self._closed or node.machine.pid != pid:
                return
            if node.machine.wait_for_end(0):
                self._start(node)

    def _add(self, instance: InstanceView) -> _Node:
        layers = self._images.layers(instance.image)
        self._booted += 1
        # The name of a network interface has at most 15 characters; an instance's has more.
        machine = self._make(f"m{self._booted}", instance.network_ip, layers)
        # A new ID for each machine: cloud-init provisions once per instance ID.
        node = _Node(machine, instance_id=f"{instance.name}-{self._booted}")
        # Before it starts, so that one that fails on the way is removed, too.
        self._nodes[_key(instance)] = node
        return node

    def _refuse(self, address: str) -> None:
        """Raise LocalcloudError if the one network here cannot have the address."""
        if IPv4Address(address) not in self._switch.network:
            raise LocalcloudError(f"{address} is not in {self._switch.network}, the only network")
        # The machine of a stopped instance may share it: other projects have the same addresses.
        machines = (node.machine for node in self._nodes.values())
        if any(machine.address == address and machine.is_on for machine in machines):
            raise LocalcloudError(f"another machine has {address}")

    def _end(self, key: _Key) -> None:
        node = self._nodes.pop(key, None)
        if node is None:
            return
        self._withdraw(node)
        node.machine.remove()

    def _withdraw(self, node: _Node) -> None:
        if node.public:
            self._router.withdraw(node.public)
            node.public = None

    def _remove_unused(self) -> None:
        self._images.remove_unused(node.machine for node in self._nodes.values())


def _key(instance: InstanceView) -> _Key:
    return instance.project, instance.zone, instance.name
