"""Resources: one module for each REST collection, and the table of all handlers.

A method of the API that is not in the table is answered with 501.
"""

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
