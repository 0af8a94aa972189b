"""Probe: whether a TCP service answers, told by what it sends.

sshuttle accepts each connection itself, before it has asked the other side for it. So a connection
proves nothing; a byte does. Runs alone as well, inside a network namespace:
`python probe.py HOST PORT SECONDS` prints the verdict in one word.
"""

import socket
import sys
from contextlib import suppress
from enum import Enum

# A web server answers it; what speaks first, as ssh does, needs no question.
_QUESTION = b"HEAD / HTTP/1.0\r\n\r\n"


class Verdict(Enum):
    """What came of a connection."""

    ANSWERED = "answered"
    CLOSED = "closed"
    """Accepted and ended without a byte: the tunnel works, the service behind it is down."""
    SILENT = "silent"
    """Accepted, then nothing: a tunnel that has lost its other end."""
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
