"""Resources: images and flavors that a run needs. They are removed when it ends."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from openstack.connection import Connection

from tests.devstack.guest.build import Guest
from tests.devstack.guest.upload import PROPERTIES, remove, upload
from tests.devstack.tempest.configuration import Made

# The guest uses 45 MiB.
_MEMORY_MIB = {"flavor": 128, "other-flavor": 160}
_DISK_GIB = 1


@contextmanager
def made(connection: Connection, guest: Guest, prefix: str) -> Iterator[Made]:
    """Make two images and two flavors whose names begin with `prefix`."""
    with ExitStack() as undo:
        images = {}
        for name in ("image", "other-image"):
            undo.callback(remove, connection, f"{prefix}-{name}")
            images[name] = upload(connection, guest, f"{prefix}-{name}")
        flavors = {}
        for name, memory in _MEMORY_MIB.items():
            flavor = connection.compute.create_flavor(
                name=f"{prefix}-{name}", ram=memory, vcpus=1, disk=_DISK_GIB
            )
            undo.callback(connection.compute.delete_flavor, flavor.id, ignore_missing=True)
            flavors[name] = flavor.id
        image = connection.image.get_image(images["image"])
        yield Made(
            image=images["image"],
            other_image=images["other-image"],
            flavor=flavors["flavor"],
            other_flavor=flavors["other-flavor"],
            image_properties=tuple(
                {"kernel_id": image.kernel_id, "ramdisk_id": image.ramdisk_id, **PROPERTIES}.items()
            ),
        )
