"""Instances: creation, deletion, reading and the serial port.

An insert is checked in this order: the body, part by part; the quota of disks; capacity, if the
zone refuses the request itself. Too few vCPUs, an address in use and the other shapes of a full
zone end the operation, so a client sees the instance for a while. Meanwhile it holds no addresses
and no new disks, since other requests may need them.
"""

from localcloud.compute_api import catalogue, errors, links
from localcloud.compute_api.clock import timestamp
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json, OperationError
from localcloud.compute_api.listing import aggregated, list_of
from localcloud.compute_api.quotas import Need
from localcloud.compute_api.resources import (
    instance_disks,
    instance_network,
    instance_parts,
    projects,
)
from localcloud.compute_api.resources.common import (
    changeable,
    check_labels,
    existing,
    get_of,
    new_path,
    put_labels,
)
from localcloud.compute_api.resources.views import instance_view
from localcloud.compute_api.store import Resource

# Fields of a body that are stored and shown as they came.
_KEPT = (
    "description",
    "hostname",
    "advancedMachineFeatures",
    "reservationAffinity",
    "displayDevice",
    "serviceAccounts",
    "confidentialInstanceConfig",
    "keyRevocationActionType",
    "minCpuPlatform",
)
# Fields that are answered with 501.
_LACKING = ("guestAccelerators", "resourcePolicies", "sourceMachineImage", "instanceEncryptionKey")


def insert(cloud: Cloud, call: Call) -> Json:
    """Create an instance and its new disks, RUNNING when the operation is done.

    No capacity, an address in use and a vCPU quota end the operation, since the service notices
    them only while it creates the instance. Everything else is refused at once.
    """
    path = new_path(cloud, call, "instances")
    for name in _LACKING:
        if call.body.get(name):
            raise errors.lacking(f"An instance with {name}")
    machine = instance_parts.machine_type(cloud, call, call.body.get("machineType"))
    if platform := call.body.get("minCpuPlatform"):
        instance_parts.check_platform(cloud, call, platform, machine)
    instance_parts.check_features(call.body.get("advancedMachineFeatures", {}), machine)
    instance_parts.check_hostname(call.body.get("hostname"))
    nics, references = _interfaces(cloud, call)
    prepared = instance_disks.prepare(cloud, call)
    zone_path = f"projects/{call.project}/zones/{call.params['zone']}"
    body = cloud.stamp(path, "instance") | {
        "zone": links.link(zone_path),
        "machineType": links.link(f"{zone_path}/machineTypes/{machine.name}"),
        "status": "PROVISIONING",
        "cpuPlatform": "Unknown CPU Platform",
        "canIpForward": call.body.get("canIpForward", False),
        "deletionProtection": call.body.get("deletionProtection", False),
        "startRestricted": False,
        "networkInterfaces": nics,
        "disks": [attachment for attachment, _ in prepared],
        "metadata": instance_parts.metadata(call.body.get("metadata", {})),
        "tags": instance_parts.tags(call.body.get("tags", {})),
        "scheduling": instance_parts.scheduling(call.body.get("scheduling", {})),
        "shieldedInstanceConfig": instance_parts.shielded(
            call.body.get("shieldedInstanceConfig", {})
        ),
        "shieldedInstanceIntegrityPolicy": {"updateAutoLearnPolicy": True},
    }
    body |= {name: call.body[name] for name in _KEPT if name in call.body}
    # The service replaces `default` by the account's address, and clients compare what they read.
    for account in body.get("serviceAccounts", []):
        if account.get("email", "default") == "default":
            account["email"] = projects.default_service_account(call.project)
    put_labels(body, check_labels(call.body.get("labels", {})))
    new_disks = [disk for _, disk in prepared if cloud.store.find(disk.path) is None]
    cloud.quotas.check(call.project, _disk_needs(cloud, new_disks))
    # Capacity comes after everything that is wrong with the request itself.
    full = cloud.full_zones.get(call.params["zone"])
    full = full if full and full.project in {None, call.project} else None
    if full and (refusal := full.at_insert(call.project)):
        raise refusal
    instance = Resource(path, body, references=references)
    error = full.in_operation(call.project, machine.name) if full else None
    error = call.operation_error or error or _late_error(cloud, call, instance)
    return _accept(cloud, call, instance, [disk for _, disk in prepared], new_disks, error)


def _disk_needs(cloud: Cloud, disks: list[Resource]) -> list[Need]:
    """Add up the needs of all disks: each alone may fit into a quota that all together exceed."""
    total: dict[tuple[str, str | None], float] = {}
    for disk in disks:
        for metric, amount, region in cloud.quotas.disk_needs(disk.body):
            total[metric, region] = total.get((metric, region), 0) + amount
    return [(metric, amount, region) for (metric, region), amount in total.items()]


def _interfaces(cloud: Cloud, call: Call) -> tuple[list[Json], list[str]]:
    given = call.body.get("networkInterfaces", [])
    if not given:
        raise errors.invalid(
            "resource.networkInterfaces", "", "At least one network interface is required."
        )
    nics: list[Json] = []
    references: list[str] = []
    for i, interface in enumerate(given):
        field = f"resource.networkInterfaces[{i}]"
        nic, refers_to = instance_network.interface(cloud, call, interface, field)
        instance_network.check_external(cloud, call, nic, field)
        nics.append(nic)
        references += refers_to
    return nics, references


def _late_error(cloud: Cloud, call: Call, instance: Resource) -> OperationError | None:
    """Give the instance its addresses; return the error that ends its operation, or None."""
    needs = cloud.quotas.instance_needs(call.project, instance.body)
    if error := cloud.quotas.check_operation(call.project, needs):
        return error
    for nic in instance.body["networkInterfaces"]:
        error, used = instance_network.assign(cloud, call.project, nic)
        instance.references += used
        if error:
            return error
    return None


def _accept(  # noqa: PLR0913, PLR0917 - one call, whose steps share all of these
    cloud: Cloud,
    call: Call,
    instance: Resource,
    disks: list[Resource],
    new_disks: list[Resource],
    error: OperationError | None,
) -> Json:
    instance.state = "creating"
    cloud.store.add(instance)
    if error is not None:
        # The instance is visible until the operation fails, but must not hold addresses.
        for nic in instance.body["networkInterfaces"]:
            nic.pop("networkIP", None)
            nic.pop("accessConfigs", None)
    for disk in new_disks if error is None else []:
        disk.state = "creating"
        cloud.store.add(disk)

    def fail() -> None:
        cloud.store.remove(instance.path)

    def finish() -> None:
        instance.state = "ready"
        for disk in disks:
            instance_disks.attach(instance, disk)
        become_running(cloud, instance)

    return cloud.operate(
        call,
        instance,
        "insert",
        start=lambda: instance.body.update(status="STAGING"),
        finish=finish,
        fail=fail,
        error=error,
        references=instance.references,
    )


def become_running(cloud: Cloud, instance: Resource) -> None:
    """Mark an instance as RUNNING and queue the callbacks that boot its machine."""
    machine = catalogue.MACHINE_TYPES[links.name_of(instance.body["machineType"])]
    instance.body |= {
        "status": "RUNNING",
        "cpuPlatform": instance.body.get("minCpuPlatform") or machine.family.platforms[0],
        "lastStartTimestamp": timestamp(cloud.clock.now()),
    }
    cloud.hooks.running(instance_view(cloud, instance))


def delete(cloud: Cloud, call: Call) -> Json:
    """Delete an instance and its disks with autoDelete; refuse while it is protected."""
    instance = changeable(cloud, call, "instances", "instance")
    if instance.body["deletionProtection"]:
        raise errors.invalid_usage("Resource cannot be deleted if it's protected against deletion.")
    before = instance.body["status"]
    instance.body["status"] = "STOPPING"
    instance.state = "deleting"

    def finish() -> None:
        remove(cloud, instance)

    def fail() -> None:
        instance.state = "ready"
        instance.body["status"] = before

    return cloud.operate(call, instance, "delete", finish=finish, fail=fail)


def remove(cloud: Cloud, instance: Resource) -> None:
    """Remove an instance with its autoDelete disks at once, and queue the end of its machine."""
    # The view is taken first, since its image is known by the boot disk.
    gone = instance_view(cloud, instance)
    cloud.store.remove(instance.path)
    instance_disks.release(cloud, instance)
    cloud.hooks.deleted(gone)


def get_serial_port_output(cloud: Cloud, call: Call) -> Json:
    """Return the serial port output from `start` on; it is empty unless a machine writes some."""
    instance = existing(cloud, call, "instances", "instance")
    text = cloud.serial_output.get(instance.path, "")
    start = int(call.query.get("start", "0"))
    return {
        "kind": "compute#serialPortOutput",
        "contents": text[start:],
        "start": str(start),
        "next": str(len(text)),
        "selfLink": f"{instance.link}/serialPort",
    }


METHODS = {
    "instances.insert": insert,
    "instances.get": get_of("instances", "instance"),
    "instances.list": list_of("instances", "instance"),
    "instances.aggregatedList": aggregated("instances", "instance"),
    "instances.delete": delete,
    "instances.getSerialPortOutput": get_serial_port_output,
}
