"""Instance changes: start and stop, and the changes of an instance that exists.

Metadata, tags and labels are accepted with the current fingerprint only. They change as soon as the
request is accepted, so that a second client with the same fingerprint is refused. An external IP is
taken at once too, so that no other request gets it. The rest changes when the operation is done.
Machine type and CPU platform can be changed on a stopped instance only.
"""

from localcloud.compute_api import addressing, errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json, OperationError
from localcloud.compute_api.resources import instance_network, instance_parts
from localcloud.compute_api.resources.common import changeable, set_labels_of
from localcloud.compute_api.resources.instances import become_running
from localcloud.compute_api.resources.views import instance_view
from localcloud.compute_api.store import Resource


def _instance(cloud: Cloud, call: Call) -> Resource:
    return changeable(cloud, call, "instances", "instance")


def stop(cloud: Cloud, call: Call) -> Json:
    """Stop an instance, which loses its ephemeral external IP and keeps a reserved one."""
    instance = _instance(cloud, call)
    if instance.body["status"] == "TERMINATED":
        return cloud.update(call, instance, "stop", lambda: None, [])
    instance.body["status"] = "STOPPING"

    def apply() -> None:
        # The view is taken first, since it has the external IP that the instance is about to lose.
        cloud.hooks.stopped(instance_view(cloud, instance))
        instance.body["status"] = "TERMINATED"
        for nic in instance.body["networkInterfaces"]:
            for config in nic.get("accessConfigs", []):
                held = addressing.reserved(cloud, call.project, config.get("natIP", ""), None)
                if held is None:
                    config.pop("natIP", None)

    return cloud.update(call, instance, "stop", apply, [])


def start(cloud: Cloud, call: Call) -> Json:
    """Start a stopped instance; it gets a new external IP if it has an access config without one.

    Lack of capacity or quota ends the operation, since the service notices it only then.
    """
    instance = _instance(cloud, call)
    if instance.body["status"] == "RUNNING":
        return cloud.update(call, instance, "start", lambda: None, [])
    if instance.body["status"] != "TERMINATED":
        raise errors.not_ready(instance.path)
    error = _start_error(cloud, call, instance)
    # Without an error the address is taken now, as at an insert; with one, nothing may change.
    if error is None:
        for nic in instance.body["networkInterfaces"]:
            for config in nic.get("accessConfigs", []):
                config.setdefault("natIP", addressing.free_external(cloud))
        instance.body["status"] = "STAGING"
    return cloud.operate(
        call, instance, "start", finish=lambda: become_running(cloud, instance), error=error
    )


def _start_error(cloud: Cloud, call: Call, instance: Resource) -> OperationError | None:
    machine = links.name_of(instance.body["machineType"])
    full = cloud.full_zones.get(call.params["zone"])
    if full and full.project in {None, call.project}:
        error: OperationError | None = full.in_operation(call.project, machine)
        if error:
            return error
    # The stopped instance already counts against some quotas. Only the others are checked.
    wanted = cloud.quotas.instance_needs(call.project, instance.body | {"status": "PROVISIONING"})
    held = {need[0] for need in cloud.quotas.instance_needs(call.project, instance.body)}
    return cloud.quotas.check_operation(
        call.project, [need for need in wanted if need[0] not in held]
    )


def set_metadata(cloud: Cloud, call: Call) -> Json:
    """Replace all metadata; refuse a fingerprint that is not the current one."""
    instance = _instance(cloud, call)
    if call.body.get("fingerprint") != instance.body["metadata"]["fingerprint"]:
        raise errors.stale_fingerprint(
            "Supplied fingerprint does not match current metadata fingerprint."
        )
    instance.body["metadata"] = instance_parts.metadata(call.body, "metadata")
    return cloud.update(call, instance, "setMetadata", lambda: None, [])


def set_tags(cloud: Cloud, call: Call) -> Json:
    """Replace all network tags; refuse a fingerprint that is not the current one."""
    instance = _instance(cloud, call)
    if call.body.get("fingerprint") != instance.body["tags"]["fingerprint"]:
        raise errors.stale_fingerprint(
            "Supplied fingerprint does not match current tags fingerprint."
        )
    instance.body["tags"] = instance_parts.tags(call.body)
    return cloud.update(call, instance, "setTags", lambda: None, [])


def _stopped(instance: Resource, what: str) -> None:
    if instance.body["status"] != "TERMINATED":
        raise errors.ApiError(
            400, "resourceNotStopped", f"Instance must be stopped before {what} can be changed."
        )


def set_machine_type(cloud: Cloud, call: Call) -> Json:
    """Change the machine type; refuse unless the instance is stopped."""
    instance = _instance(cloud, call)
    _stopped(instance, "its machine type")
    machine = instance_parts.machine_type(cloud, call, call.body.get("machineType"), "machineType")
    where = links.link(f"projects/{call.project}/{call.scope}/machineTypes/{machine.name}")
    return cloud.update(
        call, instance, "setMachineType", lambda: instance.body.update(machineType=where), []
    )


def set_min_cpu_platform(cloud: Cloud, call: Call) -> Json:
    """Change the minimum CPU platform, or ("") remove it; refuse unless the instance is stopped."""
    instance = _instance(cloud, call)
    _stopped(instance, "its minimum CPU platform")
    platform = call.body.get("minCpuPlatform", "")
    machine = instance_parts.machine_type(cloud, call, instance.body["machineType"])
    if platform:
        instance_parts.check_platform(cloud, call, platform, machine)
    return cloud.update(
        call,
        instance,
        "setMinCpuPlatform",
        lambda: instance.body.update(minCpuPlatform=platform),
        [],
    )


def set_scheduling(cloud: Cloud, call: Call) -> Json:
    """Change the given fields of the scheduling; refuse a result that contradicts itself."""
    instance = _instance(cloud, call)
    wanted = instance_parts.scheduling(instance.body["scheduling"] | call.body)
    return cloud.update(
        call, instance, "setScheduling", lambda: instance.body.update(scheduling=wanted), []
    )


def set_deletion_protection(cloud: Cloud, call: Call) -> Json:
    """Switch the protection against deletion on, or off by deletionProtection=false."""
    instance = changeable(cloud, call, "instances", "resource")
    wanted = call.query.get("deletionProtection", "true") == "true"
    return cloud.update(
        call,
        instance,
        "setDeletionProtection",
        lambda: instance.body.update(deletionProtection=wanted),
        [],
    )


def _nic(instance: Resource, call: Call) -> Json:
    name = call.query["networkInterface"]
    for nic in instance.body["networkInterfaces"]:
        if nic["name"] == name:
            found: Json = nic
            return found
    raise errors.invalid("networkInterface", name, "No such network interface.")


def add_access_config(cloud: Cloud, call: Call) -> Json:
    """Give an interface an external IP: a reserved one, or the lowest that is free.

    A second access config is refused; an address that is in use ends the operation.
    """
    instance = _instance(cloud, call)
    nic = _nic(instance, call)
    if nic.get("accessConfigs"):
        raise errors.invalid_usage("At most one access config is allowed")
    wanted = nic | {"accessConfigs": [instance_network.access_config(call.body)]}
    instance_network.check_external(cloud, call, wanted, "resource")
    region = links.region_of(call.params["zone"])
    cloud.quotas.check(call.project, [("IN_USE_ADDRESSES", 1, region)])
    config = wanted["accessConfigs"][0]
    if config.get("natIP") in addressing.external_in_use(cloud):
        return cloud.operate(
            call,
            instance,
            "addAccessConfig",
            finish=lambda: None,
            error=errors.ip_in_use(config["natIP"]),
        )
    config.setdefault("natIP", addressing.free_external(cloud))
    nic["accessConfigs"] = [config]
    return cloud.update(call, instance, "addAccessConfig", lambda: None, [])


def delete_access_config(cloud: Cloud, call: Call) -> Json:
    """Take the external IP of an interface away; refuse an unknown name."""
    instance = _instance(cloud, call)
    nic = _nic(instance, call)
    names = [config["name"] for config in nic.get("accessConfigs", [])]
    if call.query["accessConfig"] not in names:
        raise errors.invalid("accessConfig", call.query["accessConfig"], "No such access config.")
    return cloud.update(
        call, instance, "deleteAccessConfig", lambda: nic.pop("accessConfigs", None), []
    )


METHODS = {
    "instances.start": start,
    "instances.stop": stop,
    "instances.setLabels": set_labels_of("instances"),
    "instances.setMetadata": set_metadata,
    "instances.setTags": set_tags,
    "instances.setMachineType": set_machine_type,
    "instances.setMinCpuPlatform": set_min_cpu_platform,
    "instances.setScheduling": set_scheduling,
    "instances.setDeletionProtection": set_deletion_protection,
    "instances.addAccessConfig": add_access_config,
    "instances.deleteAccessConfig": delete_access_config,
}
