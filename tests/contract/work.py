"""Work: the resources that one test makes with Google's client library, and their removal."""

import contextlib

from google.api_core import exceptions
from google.cloud import compute_v1

REGION = "us-east4"
ZONE = "us-east4-a"
UBUNTU = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64"


class OperationFailedError(Exception):
    """An accepted operation that ended with an error."""


class Work:
    """Create resources for one test and delete them in reverse order.

    The library's own operation futures always ask Google's host, whatever host their client uses,
    so operations are waited for with the operations clients.
    """

    def __init__(self, cloud):
        self.cloud = cloud
        self.stack = contextlib.ExitStack()
        self.networks = cloud.client(compute_v1.NetworksClient)
        self.subnetworks = cloud.client(compute_v1.SubnetworksClient)
        self.addresses = cloud.client(compute_v1.AddressesClient)
        self.firewalls = cloud.client(compute_v1.FirewallsClient)
        self.routers = cloud.client(compute_v1.RoutersClient)
        self.instances = cloud.client(compute_v1.InstancesClient)

    def wait(self, operation):
        """Wait until an operation is done; raise OperationFailedError if it failed."""
        where = {"project": self.cloud.project, "operation": operation.name}
        kind = compute_v1.GlobalOperationsClient
        if operation.zone:
            kind = compute_v1.ZoneOperationsClient
            where["zone"] = operation.zone.rsplit("/", 1)[1]
        elif operation.region:
            kind = compute_v1.RegionOperationsClient
            where["region"] = operation.region.rsplit("/", 1)[1]
        client = self.cloud.client(kind)
        while operation.status != compute_v1.Operation.Status.DONE:
            operation = client.wait(**where)
        if operation.error.errors:
            error = operation.error.errors[0]
            raise OperationFailedError(f"{error.code}: {error.message}")

    def make(self, client, name, **arguments):
        """Insert a resource, schedule its removal and return it."""
        scope = {key: arguments[key] for key in ("region", "zone") if key in arguments}
        self.wait(client.insert_unary(project=self.cloud.project, **arguments))
        (kind,) = set(arguments) - set(scope)
        where = {"project": self.cloud.project, kind.removesuffix("_resource"): name} | scope
        self.stack.callback(self.remove, client, **where)
        return client.get(**where)

    def remove(self, client, **where):
        """Delete a resource, unless the test has done that."""
        with contextlib.suppress(exceptions.NotFound):
            self.wait(client.delete_unary(**where))

    def network(self):
        """Create a network in custom mode."""
        name = self.cloud.prefix
        body = compute_v1.Network(name=name, auto_create_subnetworks=False, mtu=1460)
        return self.make(self.networks, name, network_resource=body)

    def subnetwork(self, network):
        """Create a subnetwork of the network."""
        name = self.cloud.prefix
        body = compute_v1.Subnetwork(
            name=name, network=network.self_link, ip_cidr_range="10.0.3.0/24"
        )
        return self.make(self.subnetworks, name, region=REGION, subnetwork_resource=body)

    def address(self, suffix, **fields):
        """Reserve an address; its name ends with the suffix."""
        name = f"{self.cloud.prefix}-{suffix}"
        body = compute_v1.Address(name=name, **fields)
        return self.make(self.addresses, name, region=REGION, address_resource=body)


def instance_body(work, subnetwork, name, **nic):
    """Return the body of a small instance: Google bills by the second."""
    disk = compute_v1.AttachedDisk(
        boot=True,
        auto_delete=True,
        initialize_params=compute_v1.AttachedDiskInitializeParams(
            source_image=UBUNTU, disk_size_gb=10
        ),
    )
    interface = compute_v1.NetworkInterface(subnetwork=subnetwork.self_link, **nic)
    return compute_v1.Instance(
        name=name,
        machine_type=f"zones/{ZONE}/machineTypes/n2-standard-2",
        disks=[disk],
        network_interfaces=[interface],
        labels={"owner": work.cloud.prefix},
    )
