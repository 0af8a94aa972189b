"""Upload: the images of a guest in Glance. Its name is also the prefix of its parts' names."""

from openstack.connection import Connection

from tests.devstack.guest.build import Guest

_PARTS = ("kernel", "ramdisk")
# Nova's own command line ends with a console that needs one more driver, and the last one counts.
PROPERTIES = {"os_command_line": "console=tty0 console=ttyS0"}


def upload(connection: Connection, guest: Guest, name: str, visibility: str = "public") -> str:
    """Upload the images and return the ID of the one to boot.

    Everybody may boot a public image, but only an administrator may make one.
    """
    formats = {"kernel": "aki", "ramdisk": "ari"}
    parts = {
        f"{part}_id": connection.image.create_image(
            name=f"{name}-{part}",
            filename=str(getattr(guest, part)),
            disk_format=formats[part],
            container_format=formats[part],
            visibility=visibility,
            allow_duplicates=True,
        ).id
        for part in _PARTS
    }
    disk = connection.image.create_image(
        name=name,
        filename=str(guest.disk),
        disk_format="raw",
        container_format="bare",
        visibility=visibility,
        allow_duplicates=True,
        **parts,
        **PROPERTIES,
    )
    return str(disk.id)


def remove(connection: Connection, name: str) -> None:
    """Delete all images that `upload` made under a name."""
    for each in (name, *(f"{name}-{part}" for part in _PARTS)):
        for image in connection.image.images(name=each):
            connection.image.delete_image(image.id)
