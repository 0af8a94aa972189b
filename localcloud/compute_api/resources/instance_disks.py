"""Instance disks: the disks of a new instance, and their fate when it is gone.

The first disk must be a boot disk. Each disk is either an existing one that no instance has, or a
new one; a new boot disk needs an image. Local SSDs are answered with 501.
"""

from localcloud.compute_api import errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.resources import disks
from localcloud.compute_api.resources.common import check_labels, put_labels
from localcloud.compute_api.resources.images import from_reference
from localcloud.compute_api.store import Resource


def prepare(cloud: Cloud, call: Call) -> list[tuple[Json, Resource]]:
    """Return the attachments of a new instance with their disks.

    New disks are not stored yet: if the rest of the request is refused, nothing must remain.
    """
    given = call.body.get("disks", [])
    if not given:
        raise errors.invalid("resource.disks", "[]", "No disks were specified.")
    if not given[0].get("boot"):
        raise errors.invalid(
            "resource.disks[0].boot", "false", "The first disk must be a boot disk."
        )
    return [_prepare_one(cloud, call, disk, i) for i, disk in enumerate(given)]


def _prepare_one(cloud: Cloud, call: Call, given: Json, index: int) -> tuple[Json, Resource]:
    field = f"resource.disks[{index}]"
    if given.get("type", "PERSISTENT") != "PERSISTENT":
        raise errors.lacking(f"A disk of type {given['type']}")
    params = given.get("initializeParams")
    if ("source" in given) == (params is not None):
        raise errors.invalid(
            field, "", "Exactly one of source and initializeParams must be specified."
        )
    if params is None:
        path = links.resolve(given["source"], f"{field}.source", call.project, "disks")
        disk = cloud.store.ready(path)
        if disk.body.get("users"):
            raise errors.in_use("disk", disk.path, links.relative(disk.body["users"][0]))
    else:
        disk = _new_disk(cloud, call, given, params, index)
    attachment: Json = {
        "kind": "compute#attachedDisk",
        "type": "PERSISTENT",
        "mode": given.get("mode", "READ_WRITE"),
        "source": disk.link,
        "deviceName": given.get("deviceName", f"persistent-disk-{index}"),
        "index": index,
        "boot": given.get("boot", False),
        "autoDelete": given.get("autoDelete", False),
        "interface": given.get("interface", "SCSI"),
        "diskSizeGb": disk.body["sizeGb"],
    }
    for name in ("licenses", "guestOsFeatures", "architecture"):
        if name in disk.body:
            attachment[name] = disk.body[name]
    return attachment, disk


def _new_disk(cloud: Cloud, call: Call, given: Json, params: Json, index: int) -> Resource:
    where = f"resource.disks[{index}].initializeParams"
    instance = call.body["name"]
    # As on the service, the boot disk has the instance's name unless the body says otherwise.
    name = params.get("diskName") or (instance if index == 0 else f"{instance}-{index}")
    path = links.join(
        call.project, call.scope, "disks", links.check_name(name, f"{where}.diskName")
    )
    # The disk is stored only when the whole request is accepted, so a taken name is refused here.
    cloud.store.check_free(path)
    image = None
    if params.get("sourceImage"):
        image = from_reference(cloud, params["sourceImage"], f"{where}.sourceImage", call.project)
    elif given.get("boot"):
        raise errors.lacking("A boot disk from anything but an image")
    size = params.get("diskSizeGb")
    body = disks.representation(
        cloud,
        path,
        disks.check_type(cloud, call, params.get("diskType"), f"{where}.diskType"),
        disks.check_size(int(size) if size is not None else None, image, f"{where}.diskSizeGb"),
        image,
    )
    put_labels(body, check_labels(params.get("labels", {})))
    return Resource(path, body)


def attach(instance: Resource, disk: Resource) -> None:
    """Mark a disk as READY and in use by an instance."""
    disk.state = "ready"
    disk.body |= {"status": "READY", "users": [instance.link]}


def release(cloud: Cloud, instance: Resource) -> None:
    """Free the disks of a deleted instance, and remove those with autoDelete."""
    for attachment in instance.body["disks"]:
        disk = cloud.store.find(links.relative(attachment["source"]))
        # A test may have removed the disk behind the instance's back.
        if disk is not None:
            disk.body.pop("users", None)
            if attachment["autoDelete"]:
                cloud.store.remove(disk.path)
