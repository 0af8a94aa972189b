"""Disks: persistent disks of their own, and the rules for those that an instance brings.

A disk is created empty or from an image; snapshots and copies are answered with 501. Refused are a
type that the zone lacks, a size below the image's, a resize to the same size or less, and the
deletion of a disk that an instance has. instance_disks.py makes the new disks of an instance.
"""

from localcloud.compute_api import catalogue, errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.listing import aggregated, list_of
from localcloud.compute_api.resources.common import (
    changeable,
    check_labels,
    get_of,
    new_path,
    put_labels,
    set_labels_of,
)
from localcloud.compute_api.resources.images import from_reference
from localcloud.compute_api.store import Resource

# The API has this integer as a string.
_BLOCK_BYTES = "4096"
_LARGEST_GB = 65536


def representation(
    cloud: Cloud, path: str, disk_type: str, size_gb: int, image: Resource | None
) -> Json:
    """Return the representation of a new disk, which takes what it can from its image."""
    zone_path = path.split("/disks/", maxsplit=1)[0]
    body = cloud.stamp(path, "disk") | {
        "zone": links.link(zone_path),
        "type": links.link(f"{zone_path}/diskTypes/{disk_type}"),
        "sizeGb": str(size_gb),
        "status": "CREATING",
        "physicalBlockSizeBytes": _BLOCK_BYTES,
        "enableConfidentialCompute": False,
    }
    if image is not None:
        body |= {
            "sourceImage": image.link,
            "sourceImageId": image.body["id"],
            "architecture": image.body["architecture"],
            "guestOsFeatures": image.body["guestOsFeatures"],
            "licenses": image.body["licenses"],
        }
    return body


def check_type(cloud: Cloud, call: Call, value: str | None, field: str) -> str:
    """Return the name of a disk type, pd-standard without one; refuse what the zone lacks."""
    name = links.name_of(value or "pd-standard")
    has = cloud.offers.has(call.project, call.params["zone"], name)
    if name not in catalogue.DISK_TYPES or not has:
        raise errors.invalid(field, value, "The referenced diskType resource cannot be found.")
    return name


def check_size(size_gb: int | None, image: Resource | None, field: str) -> int:
    """Return the size of a disk in GB: as asked, else the image's, else 10.

    Refuses a size below the image's and one above the service's limit.
    """
    smallest = int(image.body["diskSizeGb"]) if image else 10
    size = smallest if size_gb is None else size_gb
    if size < smallest and image:
        raise errors.invalid(
            field,
            size,
            f"Requested disk size cannot be smaller than the image size ({smallest} GB)",
        )
    if not 1 <= size <= _LARGEST_GB:
        raise errors.invalid(field, size, f"Must be between 1 and {_LARGEST_GB}.")
    return size


def insert(cloud: Cloud, call: Call) -> Json:
    """Create a disk, empty or from an image, READY when the operation is done."""
    path = new_path(cloud, call, "disks")
    # disks.insert alone also takes the image as a query parameter.
    reference = call.body.get("sourceImage") or call.query.get("sourceImage")
    image = None
    if reference:
        image = from_reference(cloud, reference, "resource.sourceImage", call.project)
    elif "sourceSnapshot" in call.body or "sourceDisk" in call.body:
        raise errors.lacking("A disk from a snapshot or another disk")
    size = call.body.get("sizeGb")
    body = representation(
        cloud,
        path,
        check_type(cloud, call, call.body.get("type"), "resource.type"),
        check_size(int(size) if size is not None else None, image, "resource.sizeGb"),
        image,
    )
    put_labels(body, check_labels(call.body.get("labels", {})))
    cloud.quotas.check(call.project, cloud.quotas.disk_needs(body))

    def ready() -> None:
        body["status"] = "READY"

    return cloud.create(call, Resource(path, body), then=ready)


def delete(cloud: Cloud, call: Call) -> Json:
    """Delete a disk; refuse while an instance has it."""
    disk = changeable(cloud, call, "disks", "disk")
    if disk.body.get("users"):
        raise errors.in_use("disk", disk.path, links.relative(disk.body["users"][0]))
    return cloud.delete(call, disk)


def resize(cloud: Cloud, call: Call) -> Json:
    """Make a disk larger; refuse a size that is not above the present one."""
    disk = changeable(cloud, call, "disks", "disk")
    size = int(call.body.get("sizeGb", 0))
    if size <= int(disk.body["sizeGb"]):
        raise errors.invalid(
            "sizeGb", size, f"New disk size '{size}' GiB must be larger than existing size."
        )
    return cloud.update(call, disk, "resizeDisk", lambda: disk.body.update(sizeGb=str(size)), [])


METHODS = {
    "disks.insert": insert,
    "disks.get": get_of("disks", "disk"),
    "disks.list": list_of("disks", "disk"),
    "disks.aggregatedList": aggregated("disks", "disk"),
    "disks.delete": delete,
    "disks.resize": resize,
    "disks.setLabels": set_labels_of("disks"),
}
