"""Probe: check that a TCP service sends a byte.

sshuttle accepts every connection itself, before it connects on the other side. So an accepted
connection proves nothing. Also a standalone script, for use inside a network namespace:
`python probe.py HOST PORT SECONDS` prints the verdict in one word.
"""

import socket
import sys
from contextlib import suppress
from enum import Enum

# A web server answers this. An ssh server speaks first.
_QUESTION = b"HEAD / HTTP/1.0\r\n\r\n"


class Verdict(Enum):
    """The result of a connection."""

    ANSWERED = "answered"
    CLOSED = "closed"
    """Accepted and closed without a byte: the tunnel works, the service is down."""
    SILENT = "silent"
    """Accepted, then silence: the tunnel has lost its other end."""
    UNREACHABLE = "unreachable"


def probe(host: str, port: int, timeout_s: float) -> Verdict:
    """Connect and wait for the first byte."""
    try:
        connection = socket.create_connection((host, port), timeout_s)
    except OSError:
        return Verdict.UNREACHABLE
    with connection:
        try:
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(_QUESTION)
            return Verdict.ANSWERED if connection.recv(1) else Verdict.CLOSED
        except TimeoutError:
            return Verdict.SILENT
        except OSError:
            return Verdict.CLOSED


if __name__ == "__main__":
    print(probe(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])).value)
