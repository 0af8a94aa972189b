"""Routes: read this machine's IPv4 routes from the kernel."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

_UP = 0x1  # linux/route.h
# A VPN often replaces the default route by two halves of it.
_LONGEST_DEFAULT = 1


@dataclass(frozen=True, kw_only=True)
class Route:
    """A destination and its device."""

    network: IPv4Network
    device: str

    @property
    def is_default(self) -> bool:
        """Tell whether this is a default route, or half of one."""
        return self.network.prefixlen <= _LONGEST_DEFAULT


def routes(root: Path = Path("/")) -> list[Route]:
    """Return the routes of the main table of this network namespace."""
    try:
        text = (root / "proc/self/net/route").read_text(encoding="ascii")
    except OSError:
        return []
    return list(parse(text))


def parse(text: str) -> Iterator[Route]:
    """Parse /proc/net/route: a header, then a route per line, numbers in the CPU's byte order."""
    for line in text.splitlines()[1:]:
        device, destination, _, flags, _, _, _, mask, *_ = line.split()
        if int(flags, 16) & _UP:
            network = IPv4Network((int(_address(destination)), str(_address(mask))))
            yield Route(network=network, device=device)


def _address(text: str) -> IPv4Address:
    return IPv4Address(int(text, 16).to_bytes(4, sys.byteorder))
