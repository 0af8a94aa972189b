"""Switch: one bridge in a network namespace of its own, and the namespaces that are plugged in.

Nothing here is connected to the host's own network. The namespace of the bridge holds the
gateway's address, and is where a test's own services listen.
"""

import ctypes
import ipaddress
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from localcloud.programs import run

_NAMESPACES = Path("/run/netns")
_BRIDGE = "switch"
_PORT = "eth0"
"""Every machine's own interface."""

Result = TypeVar("Result")


class Switch:
    """A bridge with the network's first address. `remove` takes away all that was plugged in."""

    def __init__(self, name: str, network: str, mtu: int) -> None:
        self.name = name
        self.network = ipaddress.IPv4Network(network)
        self.gateway = str(self.network[1])
        self._mtu = str(mtu)
        self._plugged: list[str] = []
        _ip("netns", "add", name)
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "link", "add", _BRIDGE, "type", "bridge")
        self._address(name, _BRIDGE, self.gateway)

    @property
    def path(self) -> Path:
        """The bridge's namespace, as programs that enter one want it."""
        return _NAMESPACES / self.name

    def plug(self, name: str, address: str) -> Path:
        """A new namespace with one interface on the bridge, and its file."""
        namespace = self._wire(self.name, name)
        _ip("-n", self.name, "link", "set", name, "master", _BRIDGE, "mtu", self._mtu, "up")
        self._address(namespace, _PORT, address)
        _ip("-n", namespace, "route", "add", "default", "via", self.gateway)
        return _NAMESPACES / namespace

    def plug_behind(self, machine: str, bridge: str, name: str, interface: str) -> Path:
        """A namespace with one interface, an address with its prefix, on a machine's own bridge.

        Its way out is the bridge's first address.
        """
        owner = f"{self.name}-{machine}"
        namespace = self._wire(owner, name)
        _ip("-n", owner, "link", "set", name, "master", bridge, "up")
        return self._lead_out(namespace, ipaddress.IPv4Interface(interface))

    def plug_beside(self, name: str, interface: str) -> Path:
        """A namespace on a wire of its own, with an address and its prefix.

        The other end, in the bridge's namespace, has the first address and the wire's name.
        """
        address = ipaddress.IPv4Interface(interface)
        namespace = self._wire(self.name, name)
        gateway = f"{address.network[1]}/{address.network.prefixlen}"
        _ip("-n", self.name, "address", "add", gateway, "dev", name)
        _ip("-n", self.name, "link", "set", name, "up")
        return self._lead_out(namespace, address)

    def route(self, network: str, via: str) -> None:
        """Let the bridge's namespace reach another network through a machine."""
        _ip("-n", self.name, "route", "add", network, "via", via)

    def unplug(self, name: str) -> None:
        """Remove a namespace with its interface, its rules and what it had besides."""
        namespace = f"{self.name}-{name}"
        # The kernel takes its time over a namespace; its peer here must be gone before the next.
        _ip("-n", self.name, "link", "delete", name)
        _ip("netns", "delete", namespace)
        self._plugged.remove(namespace)

    def remove(self) -> None:
        """Remove every namespace."""
        for namespace in [*self._plugged, self.name]:
            _ip("netns", "delete", namespace)
        self._plugged.clear()

    def _wire(self, owner: str, name: str) -> str:
        """A new namespace, its interface's other end in the owner's namespace; its name."""
        namespace = f"{self.name}-{name}"
        _ip("netns", "add", namespace)
        self._plugged.append(namespace)
        _ip("-n", namespace, "link", "set", "lo", "up")
        peer = ("peer", "name", _PORT, "netns", namespace)
        _ip("-n", owner, "link", "add", name, "type", "veth", *peer)
        return namespace

    @staticmethod
    def _lead_out(namespace: str, address: ipaddress.IPv4Interface) -> Path:
        """Give a namespace its address, and the network's first one as its way out."""
        _ip("-n", namespace, "address", "add", str(address), "dev", _PORT)
        _ip("-n", namespace, "link", "set", _PORT, "up")
        _ip("-n", namespace, "route", "add", "default", "via", str(address.network[1]))
        return _NAMESPACES / namespace

    def _address(self, namespace: str, interface: str, address: str) -> None:
        cidr = f"{address}/{self.network.prefixlen}"
        _ip("-n", namespace, "address", "add", cidr, "dev", interface)
        _ip("-n", namespace, "link", "set", interface, "mtu", self._mtu, "up")


def in_namespace(namespace: Path, words: Sequence[str]) -> list[str]:
    """The command line that runs a command in a network namespace, and becomes it."""
    return ["nsenter", f"--net={namespace}", "--", *words]


def inside(namespace: Path, function: Callable[[], Result]) -> Result:
    """What a function returns that runs in the namespace: a socket that it opens stays there."""
    results: list[Result] = []
    errors: list[Exception] = []

    def enter_and_run() -> None:
        try:
            _enter(namespace)
            results.append(function())
        except Exception as error:  # noqa: BLE001 (it is raised again by the caller's thread)
            errors.append(error)

    # Only a thread changes its namespace, and this one ends with it.
    thread = threading.Thread(target=enter_and_run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _enter(namespace: Path) -> None:
    clone_newnet = 0x40000000  # of linux/sched.h
    file = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(file, clone_newnet):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(namespace))
    finally:
        os.close(file)


def _ip(*words: str) -> None:
    run("ip", *words)
