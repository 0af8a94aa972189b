"""Peer: the other node's state, asked over the network."""

from __future__ import annotations

import socket
from typing import NamedTuple

from devstack_node import node, records
from devstack_node.failure import Failure

PORT = 8799
"""Where devstack-state.socket listens on each node's internal address."""

_TIMEOUT_S = 10.0
"""For all of an answer, however slowly it comes."""
_MOST_BYTES = 2**20


class Answer(NamedTuple):
    """What the other node says of itself."""

    verdict: str
    stage: str
    failed_units: tuple[str, ...]
    why: Failure


def ask(address: str) -> Answer | None:
    """Return the other node's state, or nothing if it does not answer.

    Raises UnreadableError for an answer that is no state.
    """
    try:
        said = _read(address)
    except OSError:
        return None
    if not said.strip():
        # As systemd does with one connection too many.
        return None
    found = records.parse(said, f"answer of {address}:{PORT}")
    units = found.get("failed_units")
    return Answer(
        verdict=found["verdict"],
        stage=found["stage"],
        failed_units=tuple(map(str, units)) if isinstance(units, list) else (),
        why=Failure(found["error"], found["class"]),
    )


def _read(address: str) -> str:
    deadline = node.Deadline(_TIMEOUT_S)
    said = b""
    with socket.create_connection((address, PORT), timeout=_TIMEOUT_S) as connection:
        while not deadline.passed() and len(said) < _MOST_BYTES:
            connection.settimeout(max(deadline.left(), 0.1))
            chunk = connection.recv(_MOST_BYTES)
            if not chunk:
                return said.decode(errors="replace")
            said += chunk
    raise TimeoutError(f"{address} did not end its answer")
