"""Peer: query the other node's state over the network."""

from __future__ import annotations

import socket
from typing import NamedTuple

from devstack_node import node, records
from devstack_node.failure import Failure

PORT = 8799
"""Port of devstack-state.socket on each node's internal address."""

_TIMEOUT_S = 10.0
"""Time limit of the whole answer, not of each read."""
_MOST_BYTES = 2**20


class Answer(NamedTuple):
    """The other node's state."""

    verdict: str
    stage: str
    failed_units: tuple[str, ...]
    why: Failure


def ask(address: str) -> Answer | None:
    """Return the other node's state; None if it does not answer.

    Raises UnreadableError for a malformed answer.
    """
    try:
        said = _read(address)
    except OSError:
        return None
    if not said.strip():
        # systemd closes the connection at once when there are too many.
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
