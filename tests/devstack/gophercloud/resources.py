"""Resources: what gophercloud's acceptance tests need in a cloud beside what it has.

That is a guest to boot, and two flavors with room for the disks that the tests ask for, which
Nova takes from the root disk and the ephemeral disk of the flavor.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from openstack.connection import Connection

from stacks.cloud_names import EXTERNAL_NETWORK
from tests.devstack.gophercloud.environment import Resources
from tests.devstack.guest.build import Guest
from tests.devstack.guest.upload import remove, upload

IMAGE = "gophercloud-guest"
FLAVORS = ("gophercloud", "gophercloud-other")
_SIZE = {"ram": 256, "vcpus": 1, "disk": 5, "ephemeral": 5}
# DevStack's network of its demo project.
_NETWORK = "private"


@contextmanager
def made(admin: Connection, guest: Guest) -> Iterator[Resources]:
    """Yield the resources, and remove them in the end. Those of a killed run are removed first."""
    _remove(admin)
    try:
        first, other = (
            admin.compute.create_flavor(name=name, is_public=True, **_SIZE).id for name in FLAVORS
        )
        network = admin.network.find_network(EXTERNAL_NETWORK, ignore_missing=False)
        yield Resources(
            image_id=upload(admin, guest, IMAGE),
            flavor_id=first,
            other_flavor_id=other,
            network_name=_NETWORK,
            external_network_id=network.id,
            external_network_name=EXTERNAL_NETWORK,
        )
    finally:
        _remove(admin)


def _remove(admin: Connection) -> None:
    remove(admin, IMAGE)
    for flavor in admin.compute.flavors():
        if flavor.name in FLAVORS:
            admin.compute.delete_flavor(flavor.id)
