"""Reservations: keep internal addresses that an earlier version has reserved.

The program no longer declares them, so `up` would delete them while nodes still use the addresses,
which Compute Engine may refuse. They are kept as long as the nodes, and destroyed with them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from job.cloud.kinds import ADDRESSES
from stacks.settings import Settings


def spared(settings: Settings, resources: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield flags that exclude them from an update."""
    if settings.existing_network:
        return
    for resource in resources:
        is_address = resource["type"] == ADDRESSES.token
        if is_address and resource["inputs"].get("addressType") == "INTERNAL":
            yield f"--exclude={resource['urn']}"
