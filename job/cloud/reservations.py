"""Reservations: internal addresses that an earlier version reserved in a stack's own network.

The program asks for them no more, and so the engine would delete them while the nodes that have
the addresses stay, which Compute Engine may refuse. They stay with the nodes, and go with them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from job.cloud.kinds import ADDRESSES
from stacks.settings import Settings


def spared(settings: Settings, resources: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the flags by which the engine leaves them alone."""
    if settings.existing_network:
        return
    for resource in resources:
        is_address = resource["type"] == ADDRESSES.token
        if is_address and resource["inputs"].get("addressType") == "INTERNAL":
            yield f"--exclude={resource['urn']}"
