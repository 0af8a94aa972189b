"""Catalogue views: zones, regions and machine types, which a client can only read.

A name that the catalogue does not have is answered with 404, and so is a machine type that a test
took away from the zone.
"""

import zlib

from localcloud.compute_api import catalogue, errors, links
from localcloud.compute_api.catalogue import MachineType
from localcloud.compute_api.clock import timestamp
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.listing import page
from localcloud.compute_api.resources.common import check_scope


def _stamp(path: str, kind: str) -> Json:
    """Return the fields that all views have.

    A view is stored nowhere. Its id and time do not change between two answers all the same, since
    they depend on nothing but the path.
    """
    return {
        "kind": f"compute#{kind}",
        "id": str(1000 + zlib.crc32(path.encode())),
        "creationTimestamp": timestamp(0),
        "name": links.name_of(path),
        "description": links.name_of(path),
        "selfLink": links.link(path),
    }


def _zone(cloud: Cloud, project: str, zone: str) -> Json:
    region = links.region_of(zone)
    return _stamp(f"projects/{project}/zones/{zone}", "zone") | {
        "status": "UP",
        "region": links.link(f"projects/{project}/regions/{region}"),
        "availableCpuPlatforms": cloud.offers.of(project, zone, catalogue.CPU_PLATFORMS),
    }


def _region(cloud: Cloud, project: str, region: str) -> Json:
    return _stamp(f"projects/{project}/regions/{region}", "region") | {
        "status": "UP",
        "zones": [
            links.link(f"projects/{project}/zones/{zone}")
            for zone, where in catalogue.ZONES.items()
            if where == region
        ],
        "quotas": cloud.quotas.show(project, region),
    }


def _machine_type(project: str, zone: str, machine: MachineType) -> Json:
    return _stamp(f"projects/{project}/zones/{zone}/machineTypes/{machine.name}", "machineType") | {
        "description": f"{machine.cpus} vCPUs, {machine.memory_mb // 1024} GB RAM",
        "guestCpus": machine.cpus,
        "memoryMb": machine.memory_mb,
        "imageSpaceGb": 0,
        "maximumPersistentDisks": 128,
        "maximumPersistentDisksSizeGb": "263168",
        "zone": zone,
        "isSharedCpu": False,
        "architecture": machine.family.architecture,
    }


def _zone_get(cloud: Cloud, call: Call) -> Json:
    zone = call.params["zone"]
    if zone not in catalogue.ZONES:
        raise errors.not_found(f"projects/{call.project}/zones/{zone}")
    return _zone(cloud, call.project, zone)


def _zone_list(cloud: Cloud, call: Call) -> Json:
    return page(call, "zone", [_zone(cloud, call.project, zone) for zone in catalogue.ZONES])


def _region_get(cloud: Cloud, call: Call) -> Json:
    region = call.params["region"]
    if region not in catalogue.REGIONS:
        raise errors.not_found(f"projects/{call.project}/regions/{region}")
    return _region(cloud, call.project, region)


def _machine_type_get(cloud: Cloud, call: Call) -> Json:
    check_scope(call)
    zone, name = call.params["zone"], call.params["machineType"]
    machine = catalogue.MACHINE_TYPES.get(name)
    if machine is None or not cloud.offers.has(call.project, zone, name):
        raise errors.not_found(links.join(call.project, call.scope, "machineTypes", name))
    return _machine_type(call.project, zone, machine)


METHODS = {
    "zones.get": _zone_get,
    "zones.list": _zone_list,
    "regions.get": _region_get,
    "machineTypes.get": _machine_type_get,
}
