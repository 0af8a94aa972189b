"""Images: Google's public image families, and a project's own images.

A family stands for its newest image that is ready. A project's own image is made from a disk of the
same project; any other source is answered with 501. A reference to a missing image is refused as a
bad field of the body (400), while a request for the image itself is answered with 404, as on the
service. An image of another project can be used unless a test refuses that project.
"""

from localcloud.compute_api import errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.listing import list_of
from localcloud.compute_api.resources.common import (
    changeable,
    check_labels,
    get_of,
    new_path,
    put_labels,
    set_labels_of,
)
from localcloud.compute_api.resources.views import booted_from, image_view
from localcloud.compute_api.store import Resource

# Project, family and image, in the service's names; of a family, the last one is the newest.
PUBLIC = (
    ("ubuntu-os-cloud", "ubuntu-2204-lts", "ubuntu-2204-jammy-v20260115"),
    ("ubuntu-os-cloud", "ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64-v20260115"),
    ("debian-cloud", "debian-12", "debian-12-bookworm-v20260114"),
    ("debian-cloud", "debian-13", "debian-13-trixie-v20260114"),
    ("centos-cloud", "centos-stream-9", "centos-stream-9-v20260116"),
)

# Fields of a body for a new image. sourceType has one possible value, which gcloud sends.
_ACCEPTED = {"name", "description", "family", "labels", "sourceDisk", "sourceType"}
_LONGEST_DESCRIPTION = 2048
_FEATURES = ("VIRTIO_SCSI_MULTIQUEUE", "SEV_CAPABLE", "UEFI_COMPATIBLE", "GVNIC")


def publish(cloud: Cloud, project: str, family: str, name: str, disk_gb: int = 10) -> Resource:
    """Add an image, READY at once and the newest of its family; disk_gb is its smallest disk."""
    path = links.join(project, "global", "images", links.check_name(name))
    body = cloud.stamp(path, "image") | {
        "family": family,
        "status": "READY",
        "sourceType": "RAW",
        "architecture": "X86_64",
        "diskSizeGb": str(disk_gb),
        "archiveSizeBytes": "1073741824",
        "guestOsFeatures": [{"type": feature} for feature in _FEATURES],
        "licenses": [links.link(f"projects/{project}/global/licenses/{family}")],
        "storageLocations": ["us"],
    }
    put_labels(body, {})
    return cloud.store.add(Resource(path, body))


def publish_public(cloud: Cloud) -> None:
    """Add the public images, which every new double has."""
    for project, family, name in PUBLIC:
        publish(cloud, project, family, name)


def newest(cloud: Cloud, project: str, family: str) -> Resource:
    """Return the newest image of a family; refuse with 404 if none is ready."""
    # The store is in the order of creation, so the last image found is the newest.
    found: Resource | None = None
    for resource in cloud.store.select("images", project):
        if resource.body.get("family") == family and resource.state == "ready":
            found = resource
    if found is None:
        raise errors.not_found(f"projects/{project}/global/images/family/{family}")
    return found


def from_reference(cloud: Cloud, reference: str, field: str, project: str) -> Resource:
    """Return the image for a new disk, which a body names by family or by name."""
    # gcloud refers to a family by its view in the zone of the instance.
    view = "/imageFamilyViews/" in reference
    path = links.resolve(reference, field, project, "imageFamilyViews" if view else "images")
    owner = path.split("/")[1]
    if owner in cloud.refused_projects:
        raise errors.forbidden("compute.images.useReadOnly", path)
    try:
        if view or "/images/family/" in path:
            return newest(cloud, owner, links.name_of(path))
        return cloud.store.ready(path)
    except errors.ApiError as error:
        if error.reason != "notFound":
            raise
        raise errors.invalid(
            field, reference, "The referenced image resource cannot be found."
        ) from None


def get_from_family(cloud: Cloud, call: Call) -> Json:
    """Return the image that is the newest of its family now."""
    return newest(cloud, call.project, call.params["family"]).body


def insert(cloud: Cloud, call: Call) -> Json:
    """Create an image from a disk; refuse unless the disk's instance is stopped.

    With forceCreate, the client accepts that the image may be inconsistent.
    """
    path = new_path(cloud, call, "images")
    _check(call.body)
    disk = _source(cloud, call)
    cloud.quotas.check(call.project, [("IMAGES", 1, None)])
    body = cloud.stamp(path, "image") | {
        "status": "PENDING",
        "sourceType": "RAW",
        "sourceDisk": disk.link,
        "sourceDiskId": disk.body["id"],
        "architecture": "X86_64",
        "diskSizeGb": disk.body["sizeGb"],
        "guestOsFeatures": disk.body.get("guestOsFeatures", []),
        "licenses": disk.body.get("licenses", []),
        "storageLocations": ["us"],
    }
    for name in ("family", "description"):
        if name in call.body:
            body[name] = call.body[name]
    put_labels(body, check_labels(call.body.get("labels", {})))

    def ready() -> None:
        body["status"] = "READY"

    image = Resource(path, body, references=[disk.path])
    operation = cloud.create(call, image, then=ready)
    # Now and not when it is READY: the image has what is on the disk at this moment.
    if call.operation_error is None:
        cloud.hooks.image_created(image_view(image), booted_from(cloud, disk))
    return operation


def _check(body: Json) -> None:
    for name, value in body.items():
        if value and name not in _ACCEPTED:
            raise errors.lacking(f"An image with {name}")
    if family := body.get("family"):
        links.check_name(family, "resource.family")
    length = len(body.get("description", ""))
    if length > _LONGEST_DESCRIPTION:
        raise errors.too_large("resource.description", _LONGEST_DESCRIPTION, length)


def _source(cloud: Cloud, call: Call) -> Resource:
    """Return the disk for a new image. A stopped instance does not change its disk meanwhile."""
    field = "resource.sourceDisk"
    reference = call.body.get("sourceDisk")
    if not reference:
        raise errors.required(field)
    disk = cloud.store.ready(links.resolve(reference, field, call.project, "disks"))
    if disk.body.get("users") and call.query.get("forceCreate") != "true":
        user = links.relative(disk.body["users"][0])
        if cloud.store.get(user).body["status"] != "TERMINATED":
            raise errors.in_use("disk", disk.path, user)
    return disk


def delete(cloud: Cloud, call: Call) -> Json:
    """Delete an image. Disks that were created from it keep their contents."""
    image = changeable(cloud, call, "images", "image")
    return cloud.delete(call, image, then=lambda: cloud.hooks.image_deleted(image_view(image)))


METHODS = {
    "images.insert": insert,
    "images.get": get_of("images", "image"),
    "images.getFromFamily": get_from_family,
    "images.list": list_of("images", "image"),
    "images.delete": delete,
    "images.setLabels": set_labels_of("images"),
}
