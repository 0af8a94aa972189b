"""Peer: the other node's state, asked over the network."""

from __future__ import annotations

import json
import socket
from typing import Any

from devstack_node.failure import Failure

PORT = 8799
"""Where devstack-state.socket listens on each node's internal address."""

_TIMEOUT_S = 10.0


def ask(address: str) -> dict[str, Any] | None:
    """The other node's state, or nothing if it does not answer."""
    try:
        with socket.create_connection((address, PORT), timeout=_TIMEOUT_S) as connection:
            answer = connection.makefile(encoding="utf-8").read()
        return dict(json.loads(answer))
    except (OSError, ValueError):
        return None


def failure(address: str) -> Failure | None:
    """Why the other node failed; nothing if it has not, or does not answer."""
    found = ask(address)
    if not found or found["verdict"] != "failed":
        return None
    return Failure(found["error"], found["class"])
