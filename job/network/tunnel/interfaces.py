"""Interfaces: list the bridges of a network namespace that lead to containers only.

Also a standalone script, for use inside a namespace: `python interfaces.py` prints one name a line.
It uses ioctls, since /sys shows the namespace in which it was mounted, and `ip` may be missing.
"""

import array
import fcntl
import socket
from pathlib import Path

# linux/sockios.h and linux/if_bridge.h.
_SIOCGIFBR, _BRCTL_GET_BRIDGES = 0x8940, 1
_MOST = 1024
_ROUTES = Path("/proc/self/net/route")
_DEFAULT = "00000000"


def container_bridges() -> list[str]:
    """Return all bridges except those of a default route, where strangers come in."""
    return sorted(set(_bridges()) - _uplinks())


def _bridges() -> list[str]:
    indices = array.array("i", [0] * _MOST)
    request = array.array("L", [_BRCTL_GET_BRIDGES, indices.buffer_info()[0], _MOST])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        try:
            count = fcntl.ioctl(handle, _SIOCGIFBR, request, True)  # noqa: FBT003 - ioctl's own form
        except OSError:
            return []  # A kernel without bridge support.
    return [socket.if_indextoname(index) for index in indices[:count]]


def _uplinks() -> set[str]:
    rows = [line.split() for line in _ROUTES.read_text(encoding="ascii").splitlines()[1:]]
    return {name for name, destination, *_ in rows if destination == _DEFAULT}


if __name__ == "__main__":
    print("\n".join(container_bridges()))
