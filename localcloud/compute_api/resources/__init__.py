"""Resources: a module per REST collection, and which function answers which method."""

from localcloud.compute_api.cloud import Handler
from localcloud.compute_api.resources import (
    addresses,
    catalogue_views,
    disks,
    firewalls,
    images,
    instance_changes,
    instances,
    networks,
    operations,
    projects,
    routers,
    routes,
    subnetworks,
)

HANDLERS: dict[str, Handler] = {
    f"compute.{name}": handler
    for module in (
        addresses,
        catalogue_views,
        disks,
        firewalls,
        images,
        instance_changes,
        instances,
        networks,
        operations,
        projects,
        routers,
        routes,
        subnetworks,
    )
    for name, handler in module.METHODS.items()
}
