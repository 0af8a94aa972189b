"""Quotas: limits and usages of a project and of its regions.

Usages are counted from the store at every look, so that no failed operation can leave a wrong one.
As on the service, vCPUs count against the metric of their family in the region and against
CPUS_ALL_REGIONS of the project. The service refuses some needs at the request (disks, networks) and
others in the operation (an instance's vCPUs), so there is a check for each.
"""

from collections import Counter
from collections.abc import Iterator

from localcloud.compute_api import catalogue, errors, links
from localcloud.compute_api.errors import Json, OperationError
from localcloud.compute_api.store import Resource, Store

# Limits unless a test sets others. Metrics that no resource of the double uses are left out.
PROJECT_LIMITS: dict[str, float] = {
    "NETWORKS": 15,
    "SUBNETWORKS": 275,
    "FIREWALLS": 200,
    "ROUTERS": 20,
    "IMAGES": 2000,
    "STATIC_ADDRESSES": 21,
    "IN_USE_ADDRESSES": 69,
    "CPUS_ALL_REGIONS": 96,
}

REGION_LIMITS: dict[str, float] = {
    "CPUS": 72,
    "N2_CPUS": 72,
    "N2D_CPUS": 72,
    "C3_CPUS": 72,
    "T2A_CPUS": 72,
    "PREEMPTIBLE_CPUS": 0,
    "DISKS_TOTAL_GB": 40960,
    "SSD_TOTAL_GB": 4096,
    "STATIC_ADDRESSES": 21,
    "INTERNAL_ADDRESSES": 200,
    "IN_USE_ADDRESSES": 69,
    "INSTANCES": 720,
}

# Collections of which each resource counts as one, anywhere in the project.
_PROJECT_COLLECTIONS = {
    "networks": "NETWORKS",
    "subnetworks": "SUBNETWORKS",
    "firewalls": "FIREWALLS",
    "routers": "ROUTERS",
    "images": "IMAGES",
}

_SSD_TYPES = {"pd-ssd", "pd-balanced"}

# A metric and an amount of it, in a region or (None) in the project.
Need = tuple[str, float, str | None]


class Quotas:
    """Limits by project, which a test can set, and their usages."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._limits: dict[tuple[str, str | None, str], float] = {}

    def set_limit(self, project: str, metric: str, limit: float, region: str | None) -> None:
        """Set a limit of a region, or (None) of the project; refuse an unknown metric."""
        known = PROJECT_LIMITS if region is None else REGION_LIMITS
        if metric not in known:
            raise ValueError(f"metric: {metric!r} is none of {', '.join(sorted(known))}")
        self._limits[project, region, metric] = limit

    def limit(self, project: str, metric: str, region: str | None) -> float:
        """Return the limit of a region, or (None) of the project."""
        default = (PROJECT_LIMITS if region is None else REGION_LIMITS)[metric]
        return self._limits.get((project, region, metric), default)

    def show(self, project: str, region: str | None) -> list[Json]:
        """List limits and usages in the form of projects.get (region None) and regions.get."""
        usage = self.usage(project, region)
        return [
            {
                "metric": metric,
                "limit": float(self.limit(project, metric, region)),
                "usage": float(usage[metric]),
            }
            for metric in (PROJECT_LIMITS if region is None else REGION_LIMITS)
        ]

    def usage(self, project: str, region: str | None) -> Counter[str]:
        """Return the usages by metric in a region, or (None) those that count for the project."""
        total: Counter[str] = Counter()
        for resource in self._store.all():
            if resource.project == project:
                for metric, amount, where in self._needs(resource):
                    if where == region:
                        total[metric] += int(amount)
        return total

    def check(self, project: str, needs: list[Need]) -> None:
        """Refuse a request whose needs exceed a quota; the first such metric is named."""
        if short := self._short(project, needs):
            metric, limit, region = short
            where = f"in region {region}" if region else "globally"
            raise errors.quota_exceeded(metric, limit, where)

    def check_operation(self, project: str, needs: list[Need]) -> OperationError | None:
        """Return the error of an operation whose needs exceed a quota, or None."""
        if short := self._short(project, needs):
            return errors.quota_exceeded_operation(*short)
        return None

    def _short(self, project: str, needs: list[Need]) -> Need | None:
        for metric, amount, region in needs:
            limit = self.limit(project, metric, region)
            if self.usage(project, region)[metric] + amount > limit:
                return metric, limit, region
        return None

    def instance_needs(self, project: str, body: Json) -> list[Need]:
        """Return the needs of an instance: its vCPUs, its external IPs and itself."""
        zone = links.name_of(body["zone"])
        region = links.region_of(zone)
        machine = catalogue.MACHINE_TYPES[links.name_of(body["machineType"])]
        external = sum(len(nic.get("accessConfigs", [])) for nic in body["networkInterfaces"])
        spot = body.get("scheduling", {}).get("preemptible", False)
        metric = machine.family.cpu_metric
        # As on the service, spot instances use the standard quota if they have none of their own.
        if spot and self.limit(project, "PREEMPTIBLE_CPUS", region) > 0:
            metric = "PREEMPTIBLE_CPUS"
        needs: list[Need] = [("INSTANCES", 1, region), ("IN_USE_ADDRESSES", external, region)]
        # A stopped instance still counts as an instance, but its vCPUs are free for others.
        if body.get("status") not in {"TERMINATED", "STOPPED"}:
            needs += [(metric, machine.cpus, region), ("CPUS_ALL_REGIONS", machine.cpus, None)]
        return needs

    def disk_needs(self, body: Json) -> list[Need]:
        """Return the needs of a disk: its GB, in a quota for SSDs or in that for all others."""
        region = links.region_of(links.name_of(body["zone"]))
        ssd = links.name_of(body["type"]) in _SSD_TYPES
        return [("SSD_TOTAL_GB" if ssd else "DISKS_TOTAL_GB", int(body["sizeGb"]), region)]

    def _needs(self, resource: Resource) -> Iterator[Need]:
        if metric := _PROJECT_COLLECTIONS.get(resource.collection):
            yield metric, 1, None
        elif resource.collection == "instances":
            yield from self.instance_needs(resource.project, resource.body)
        elif resource.collection == "disks":
            yield from self.disk_needs(resource.body)
        elif resource.collection == "addresses":
            internal = resource.body["addressType"] == "INTERNAL"
            metric = "INTERNAL_ADDRESSES" if internal else "STATIC_ADDRESSES"
            yield metric, 1, None if resource.scope == "global" else links.name_of(resource.scope)
