"""Leftovers: resources that failed tests did not remove, known by gophercloud's random names."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from openstack.connection import Connection
from openstack.exceptions import SDKException

_NAMES = re.compile(
    r"(ACPTTEST|TESTACC|(aggregate|flavor|keypair|secgroup)_\w{4,5}$|new_aggregate)"
)
_WAIT_S = 300
# In the order in which they can be deleted.
_KINDS = (
    *("load_balancer/load_balancer", "compute/server", "compute/server_group", "compute/keypair"),
    *("compute/aggregate", "compute/flavor", "block_storage/backup", "block_storage/snapshot"),
    *("block_storage/volume", "block_storage/type", "image/image", "network/trunk"),
    *("network/router", "network/network", "network/subnet_pool", "network/address_scope"),
    *("network/security_group", "network/qos_policy"),
)
# Others need no time to be deleted.
_SLOW = ("load_balancer/load_balancer", "compute/server", "block_storage/snapshot")
_SLOW += ("block_storage/backup", "block_storage/volume")
_PLURALS = {"qos_policy": "qos_policies"}
_OPTIONS = {"load_balancer/load_balancer": {"cascade": True}}


def remove(connection: Connection, say: Callable[[str], object]) -> None:
    """Delete a user's leftovers and name each. One that cannot be deleted stays, with a line."""
    for kind in _KINDS:
        service, _, noun = kind.partition("/")
        for found in _named(connection, service, noun):
            try:
                _release(connection, kind, found)
                proxy = getattr(connection, service)
                getattr(proxy, f"delete_{noun}")(found.id, **_OPTIONS.get(kind, {}))
                if kind in _SLOW:
                    proxy.wait_for_delete(found, wait=_WAIT_S)
            except SDKException as error:
                say(f"left over: {noun} {found.name}: {error}")
            else:
                say(f"removed the leftover {noun} {found.name}")


def _named(connection: Connection, service: str, noun: str) -> Iterator[Any]:
    """Yield resources with a name of gophercloud's tests, as far as the user may list them."""
    plural = _PLURALS.get(noun, f"{noun}s")
    try:
        yield from [
            each
            for each in getattr(getattr(connection, service), plural)()
            if _NAMES.match(each.name or "")
        ]
    except SDKException:
        return


def _release(connection: Connection, kind: str, found: Any) -> None:
    """Remove what keeps a router or a network: interfaces, and ports with their addresses."""
    network = connection.network
    if kind == "network/router":
        network.update_router(found.id, routes=[])
        for port in network.ports(device_id=found.id):
            if port.device_owner != "network:router_gateway":
                network.remove_interface_from_router(found.id, port_id=port.id)
    if kind == "network/network":
        for port in network.ports(network_id=found.id):
            if not port.device_owner.startswith("network:"):
                for address in network.ips(port_id=port.id):
                    network.delete_ip(address.id)
                network.delete_port(port.id)
