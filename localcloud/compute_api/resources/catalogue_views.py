"""Catalogue views: zones, regions, machine types and disk types, which nobody can change."""

import zlib
from collections.abc import Callable

from localcloud.compute_api import catalogue, errors, links
from localcloud.compute_api.catalogue import MachineType
from localcloud.compute_api.clock import timestamp
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.listing import aggregate, page
from localcloud.compute_api.resources.common import check_scope


def _stamp(path: str, kind: str) -> Json:
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


def _disk_type(project: str, zone: str, name: str) -> Json:
    return _stamp(f"projects/{project}/zones/{zone}/diskTypes/{name}", "diskType") | {
        "defaultDiskSizeGb": "100",
        "validDiskSize": "10GB-65536GB",
        "zone": links.link(f"projects/{project}/zones/{zone}"),
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


def _region_list(cloud: Cloud, call: Call) -> Json:
    regions = [_region(cloud, call.project, region) for region in catalogue.REGIONS]
    return page(call, "region", regions)


Offer = Callable[[Cloud, str, str], list[Json]]


def _machine_types(cloud: Cloud, project: str, zone: str) -> list[Json]:
    names = cloud.offers.of(project, zone, tuple(catalogue.MACHINE_TYPES))
    return [_machine_type(project, zone, catalogue.MACHINE_TYPES[name]) for name in names]


def _disk_types(cloud: Cloud, project: str, zone: str) -> list[Json]:
    names = cloud.offers.of(project, zone, catalogue.DISK_TYPES)
    return [_disk_type(project, zone, name) for name in names]


def _zonal(kind: str, offer: Offer) -> dict[str, Callable[[Cloud, Call], Json]]:
    def get(cloud: Cloud, call: Call) -> Json:
        check_scope(call)
        for item in offer(cloud, call.project, call.params["zone"]):
            if item["name"] == call.params[kind]:
                return item
        raise errors.not_found(links.join(call.project, call.scope, f"{kind}s", call.params[kind]))

    def list_zone(cloud: Cloud, call: Call) -> Json:
        check_scope(call)
        return page(call, kind, offer(cloud, call.project, call.params["zone"]))

    def list_all(cloud: Cloud, call: Call) -> Json:
        items = [
            (f"zones/{zone}", item)
            for zone in catalogue.ZONES
            for item in offer(cloud, call.project, zone)
        ]
        return aggregate(call, kind, f"{kind}s", items)

    return {
        f"{kind}s.get": get,
        f"{kind}s.list": list_zone,
        f"{kind}s.aggregatedList": list_all,
    }


METHODS = {
    "zones.get": _zone_get,
    "zones.list": _zone_list,
    "regions.get": _region_get,
    "regions.list": _region_list,
    **_zonal("machineType", _machine_types),
    **_zonal("diskType", _disk_types),
}
