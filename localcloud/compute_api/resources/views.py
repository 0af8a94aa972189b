"""Views: the parts of instances and images that the hooks tell programs that boot machines."""

from localcloud.compute_api import links
from localcloud.compute_api.cloud import Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.hooks import ImageView, InstanceView
from localcloud.compute_api.store import Resource


def instance_view(cloud: Cloud, instance: Resource) -> InstanceView:
    """Return the view of an instance with its first interface, and with the disks that it has now.

    Without a custom host name its own name stands for it.
    """
    nic = instance.body["networkInterfaces"][0]
    external = [config["natIP"] for config in nic.get("accessConfigs", []) if "natIP" in config]
    return InstanceView(
        project=instance.project,
        zone=links.name_of(instance.scope),
        name=instance.name,
        hostname=instance.body.get("hostname") or instance.name,
        network_ip=nic.get("networkIP", ""),
        nat_ip=external[0] if external else None,
        metadata={
            item["key"]: item.get("value", "")
            for item in instance.body["metadata"].get("items", [])
        },
        labels=dict(instance.body.get("labels", {})),
        image=_image_of(cloud, _boot_disk(instance)),
    )


def image_view(image: Resource) -> ImageView:
    """Return the view of an image, which may be gone already."""
    return ImageView(image.path, image.body["id"])


def booted_from(cloud: Cloud, disk: Resource) -> InstanceView | None:
    """Return the view of the instance whose boot disk this is, or None."""
    for user in disk.body.get("users", []):
        instance = cloud.store.find(links.relative(user))
        # A test may have removed the instance without its disks.
        if instance is not None and _boot_disk(instance)["source"] == disk.link:
            return instance_view(cloud, instance)
    return None


def _boot_disk(instance: Resource) -> Json:
    attachment: Json = instance.body["disks"][0]  # the first disk must be the boot disk
    return attachment


def _image_of(cloud: Cloud, attachment: Json) -> ImageView | None:
    disk = cloud.store.find(links.relative(attachment["source"]))
    if disk is None or "sourceImage" not in disk.body:
        return None
    return ImageView(links.relative(disk.body["sourceImage"]), disk.body["sourceImageId"])
