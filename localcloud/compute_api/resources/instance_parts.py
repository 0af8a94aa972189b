"""Instance parts: the checks and defaults of an instance's body, part by part.

Each function takes one part as a client sent it and returns it as the service shows it, or refuses
it. Refused are machine types, CPU platforms and features that zone or machine lack, host names of
one label, metadata and tags outside the service's limits, and scheduling that contradicts itself.
"""

import re
from typing import Any

from localcloud.compute_api import catalogue, errors, links
from localcloud.compute_api.catalogue import MachineType
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.fingerprints import fingerprint

_DOMAIN_NAME = re.compile(rf"{errors.NAME_REGEX}(?:\.{errors.NAME_REGEX})+")
_LONGEST_DOMAIN_NAME = 253
_METADATA_KEY = re.compile(r"[a-zA-Z0-9-_]{1,128}")
# Bytes: of one value, and of all keys and values together.
LONGEST_METADATA_VALUE = 262_144
LONGEST_METADATA = 512 * 1024
_MOST_TAGS = 64


def machine_type(
    cloud: Cloud, call: Call, value: str | None, field: str = "resource.machineType"
) -> MachineType:
    """Return the machine type of a reference; refuse one that the request's zone lacks."""
    if not value:
        raise errors.required(field)
    zone = call.params["zone"]
    path = links.resolve(value, field, call.project, "machineTypes")
    if f"/zones/{zone}/" not in path:
        raise errors.invalid(field, value, f"The machine type must be in the zone '{zone}'.")
    name = links.name_of(path)
    if name not in catalogue.MACHINE_TYPES or not cloud.offers.has(call.project, zone, name):
        raise errors.invalid(
            field, value, f"Machine type with name '{name}' does not exist in zone '{zone}'."
        )
    return catalogue.MACHINE_TYPES[name]


def check_platform(cloud: Cloud, call: Call, platform: str, machine: MachineType) -> None:
    """Refuse a minimum CPU platform that the zone or the machine type does not have."""
    zone = call.params["zone"]
    if platform not in catalogue.CPU_PLATFORMS:
        raise errors.invalid(
            "resource.minCpuPlatform",
            platform,
            f'CPU platform type with name "{platform.lower()}" does not exist in zone "{zone}".',
        )
    # The zone comes before the machine type: its refusal lists what would do instead.
    if not cloud.offers.has(call.project, zone, platform):
        options = ", ".join(cloud.offers.of(call.project, zone, machine.family.platforms))
        raise errors.invalid(
            "resource.minCpuPlatform",
            platform,
            "CPU platform unavailable in requested zone. Valid options for this zone are:"
            f" {options}.",
        )
    if not machine.family.min_platform or platform not in machine.family.platforms:
        raise errors.invalid(
            "resource.minCpuPlatform",
            platform,
            f"The selected machine type {machine.name} is not compatible with CPU platform"
            f" {platform}.",
        )


def check_hostname(hostname: str | None) -> None:
    """Refuse a custom host name that is not a fully qualified domain name of RFC 1035 labels."""
    if hostname and (len(hostname) > _LONGEST_DOMAIN_NAME or not _DOMAIN_NAME.fullmatch(hostname)):
        raise errors.invalid(
            "resource.hostname",
            hostname,
            "Instance hostname is not a valid fully qualified domain name",
        )


def check_features(features: Json, machine: MachineType) -> None:
    """Refuse nested virtualization on a machine type without it."""
    if features.get("enableNestedVirtualization") and not machine.family.nested:
        raise errors.invalid(
            "resource.advancedMachineFeatures.enableNestedVirtualization",
            "true",
            f"Nested virtualization is not supported for machine type {machine.name}.",
        )


def metadata(given: Json, field: str = "resource.metadata") -> Json:
    """Return metadata with its fingerprint; refuse bad or repeated keys and too much data (413)."""
    items: list[dict[str, Any]] = given.get("items", [])
    total = 0
    keys: set[str] = set()
    for i, item in enumerate(items):
        key = item.get("key", "")
        value = item.get("value", "")
        if not _METADATA_KEY.fullmatch(key):
            raise errors.invalid(
                f"{field}.items[{i}].key", key, "Must be a match of regex '[a-zA-Z0-9-_]{1,128}'"
            )
        if key in keys:
            raise errors.invalid(f"{field}.items[{i}].key", key, "Metadata has duplicate keys.")
        keys.add(key)
        size = len(value.encode())
        if size > LONGEST_METADATA_VALUE:
            raise errors.too_large(f"{field}.items[{i}].value", LONGEST_METADATA_VALUE, size)
        total += len(key.encode()) + size
    if total > LONGEST_METADATA:
        raise errors.too_large(field, LONGEST_METADATA, total)
    made: Json = {"kind": "compute#metadata", "fingerprint": fingerprint(items)}
    if items:
        made["items"] = items
    return made


def tags(given: Json) -> Json:
    """Return network tags with their fingerprint; refuse more than 64 and bad names."""
    items = given.get("items", [])
    if len(items) > _MOST_TAGS:
        raise errors.invalid("resource.tags.items", len(items), "Too many tags.")
    for i, tag in enumerate(items):
        links.check_name(tag, f"resource.tags.items[{i}]")
    # Tags are a set, so their order must not make a new version of them.
    made: Json = {"fingerprint": fingerprint(sorted(items))}
    if items:
        made["items"] = items
    return made


def scheduling(given: Json) -> Json:
    """Return the scheduling with the service's defaults; refuse contradictions.

    A spot instance is preemptible, is not restarted and does not migrate.
    """
    # The provider plugin sends fields that are not set as empty strings or lists.
    given = {name: value for name, value in given.items() if value not in ("", [])}
    model = given.get("provisioningModel", "STANDARD")
    if model not in {"STANDARD", "SPOT"}:
        raise errors.lacking(f"The provisioning model {model}")
    preemptible = given.get("preemptible", model == "SPOT")
    if preemptible and given.get("automaticRestart", False):
        raise errors.invalid(
            "resource.scheduling.preemptible",
            "true",
            "Scheduling must have preemptible be false when AutomaticRestart is true.",
        )
    if preemptible and given.get("onHostMaintenance") == "MIGRATE":
        raise errors.invalid(
            "resource.scheduling.onHostMaintenance",
            "MIGRATE",
            "Preemptible instances cannot be migrated.",
        )
    if model == "SPOT" and not preemptible:
        raise errors.invalid(
            "resource.scheduling.provisioningModel", model, "Spot instances are preemptible."
        )
    if given.get("instanceTerminationAction") and model != "SPOT":
        raise errors.invalid(
            "resource.scheduling.instanceTerminationAction",
            given["instanceTerminationAction"],
            "You cannot specify a termination action for a VM instance that has the standard"
            " provisioning model (default).",
        )
    made = {
        "onHostMaintenance": "TERMINATE" if preemptible else "MIGRATE",
        "automaticRestart": not preemptible,
        "preemptible": preemptible,
        "provisioningModel": model,
    }
    if model == "SPOT":
        made["instanceTerminationAction"] = "STOP"
    return made | given


def shielded(given: Json) -> Json:
    """Return all three shielded VM options; the provider plugin crashes without one of them."""
    defaults = {"enableSecureBoot": False, "enableVtpm": True, "enableIntegrityMonitoring": True}
    return defaults | given
