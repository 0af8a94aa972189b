"""Switch: a bridge in its own network namespace, and the namespaces that are plugged in.

Nothing here is connected to the host's network, so no test can disturb it or depend on it. The
namespace of the bridge has the gateway's address; a test's own services listen there.
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
"""Name of the interface inside every plugged namespace."""

Result = TypeVar("Result")


class Switch:
    """A bridge with the network's first address. `remove` also deletes what was plugged in.

    `network` is a CIDR, `mtu` in bytes. Every method raises LocalcloudError if `ip` fails.
    """

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
        """Path of the bridge's namespace, for `inside` and `in_namespace`."""
        return _NAMESPACES / self.name

    def plug(self, name: str, address: str) -> Path:
        """Add a namespace with one interface on the bridge. Return its path."""
        namespace = self._wire(self.name, name)
        _ip("-n", self.name, "link", "set", name, "master", _BRIDGE, "mtu", self._mtu, "up")
        self._address(namespace, _PORT, address)
        _ip("-n", namespace, "route", "add", "default", "via", self.gateway)
        return _NAMESPACES / namespace

    def plug_behind(self, machine: str, bridge: str, name: str, interface: str) -> Path:
        """Add a namespace on a bridge inside the namespace of `machine`. Return its path.

        `interface` is its address with the prefix length. Its default route is the first address
        of that network, which the bridge must have.
        """
        owner = f"{self.name}-{machine}"
        namespace = self._wire(owner, name)
        _ip("-n", owner, "link", "set", name, "master", bridge, "up")
        return self._lead_out(namespace, ipaddress.IPv4Interface(interface))

    def plug_beside(self, name: str, interface: str) -> Path:
        """Add a namespace on its own link to the bridge's namespace. Return its path.

        `interface` is its address with the prefix length. The other end of the link, in the
        bridge's namespace, has the first address of that network and the name `name`.
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
        """Delete a namespace with everything in it."""
        namespace = f"{self.name}-{name}"
        # The kernel deletes a namespace some time later. The interface here must be gone at once,
        # since the next machine of that name needs the name.
        _ip("-n", self.name, "link", "delete", name)
        _ip("netns", "delete", namespace)
        self._plugged.remove(namespace)

    def remove(self) -> None:
        """Delete all plugged namespaces, then the bridge's own."""
        for namespace in [*self._plugged, self.name]:
            _ip("netns", "delete", namespace)
        self._plugged.clear()

    def _wire(self, owner: str, name: str) -> str:
        """Add a namespace. Its interface's other end is `name` in `owner`. Return its name."""
        namespace = f"{self.name}-{name}"
        _ip("netns", "add", namespace)
        self._plugged.append(namespace)
        _ip("-n", namespace, "link", "set", "lo", "up")
        peer = ("peer", "name", _PORT, "netns", namespace)
        _ip("-n", owner, "link", "add", name, "type", "veth", *peer)
        return namespace

    @staticmethod
    def _lead_out(namespace: str, address: ipaddress.IPv4Interface) -> Path:
        """Give a namespace its address, and a default route to the network's first address."""
        _ip("-n", namespace, "address", "add", str(address), "dev", _PORT)
        _ip("-n", namespace, "link", "set", _PORT, "up")
        _ip("-n", namespace, "route", "add", "default", "via", str(address.network[1]))
        return _NAMESPACES / namespace

    def _address(self, namespace: str, interface: str, address: str) -> None:
        cidr = f"{address}/{self.network.prefixlen}"
        _ip("-n", namespace, "address", "add", cidr, "dev", interface)
        _ip("-n", namespace, "link", "set", interface, "mtu", self._mtu, "up")


def in_namespace(namespace: Path, words: Sequence[str]) -> list[str]:
    """Return the command line that runs a command in a network namespace, as the same process."""
    return ["nsenter", f"--net={namespace}", "--", *words]


def inside(namespace: Path, function: Callable[[], Result]) -> Result:
    """Call a function in a network namespace. Return its result, or raise its exception.

    A socket that it opens stays in that namespace.
    """
    results: list[Result] = []
    errors: list[Exception] = []

    def enter_and_run() -> None:
        try:
            _enter(namespace)
            results.append(function())
        except Exception as error:  # noqa: BLE001 (it is raised again by the caller's thread)
            errors.append(error)

    # setns changes the namespace of the calling thread alone, and this thread ends after the call.
    thread = threading.Thread(target=enter_and_run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _enter(namespace: Path) -> None:
    # Python has os.setns only from 3.12 on.
    clone_newnet = 0x40000000  # from linux/sched.h: accept a network namespace alone
    file = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(file, clone_newnet):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(namespace))
    finally:
        os.close(file)


def _ip(*words: str) -> None:
    run("ip", *words)
