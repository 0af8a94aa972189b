"""Routes: where this machine sends packets, as the kernel lists it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

_UP = 0x1  # linux/route.h
# A VPN often replaces the default route by its two halves.
_LONGEST_DEFAULT = 1


@dataclass(frozen=True, kw_only=True)
class Route:
    """A destination, and the device that leads there."""

    network: IPv4Network
    device: str

    @property
    def is_default(self) -> bool:
        """Whether it is for all that no other route is for."""
        return self.network.prefixlen <= _LONGEST_DEFAULT


def routes(root: Path = Path("/")) -> list[Route]:
    """The routes of the main table of this network namespace."""
    try:
        text = (root / "proc/self/net/route").read_text(encoding="ascii")
    except OSError:
        return []
    return list(parse(text))


def parse(text: str) -> Iterator[Route]:
    """Read /proc/net/route: a header, then a route a line with its numbers as the CPU has them."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        device, destination, flags, mask = fields[0], fields[1], fields[3], fields[7]
        if int(flags, 16) & _UP:
            network = IPv4Network((int(_address(destination)), str(_address(mask))))
            yield Route(network=network, device=device)


def _address(text: str) -> IPv4Address:
    return IPv4Address(int(text, 16).to_bytes(4, sys.byteorder))
