"""Peer: the other node's state, asked over the network."""

from __future__ import annotations

import json
import socket

PORT = 8799
"""Where devstack-state.socket listens on each node's internal address."""

_TIMEOUT_S = 10.0


def failure(address: str) -> str:
    """Why the other node failed; empty if it has not, or does not answer yet."""
    try:
        with socket.create_connection((address, PORT), timeout=_TIMEOUT_S) as connection:
            answer = connection.makefile(encoding="utf-8").read()
        found = json.loads(answer)
    except (OSError, ValueError):
        return ""
    return str(found["error"]) if found["verdict"] == "failed" else ""
