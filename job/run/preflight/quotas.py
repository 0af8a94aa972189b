"""Quotas: compare the stack's needs with the project's remaining quotas."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from googleapiclient.errors import HttpError

from job.run.preflight.findings import Report
from job.run.preflight.identity import FORBIDDEN, Document, Get, explain
from stacks.settings import Settings
from stacks.validation.machines import vcpus

# N1 and shared-core types count against CPUS. Each other series has its own metric.
_OLDEST_SERIES = {"n1", "custom"}
_SSD_TYPES = {"pd-ssd", "pd-balanced"}
_SPOT = "PREEMPTIBLE_CPUS"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A metric's limit and usage."""

    limit: float
    usage: float


def region(client: Any, settings: Settings, get: Get) -> Document | None:
    """Read the region; None if the account may not. Raises JobError."""
    try:
        return get(client.regions().get(project=settings.project, region=settings.region))
    except HttpError as error:
        if error.resp.status == FORBIDDEN:
            return None
        raise explain(error) from None


def compare(
    settings: Settings, project: Document | None, in_region: Document | None, *, present: bool
) -> Report:
    """Compare needs with the remaining quotas of project and region.

    If the stack is `present`, its resources are part of the usage, so a shortage only warns.
    """
    report = Report(kind="capacity")
    unreadable = []
    for where, document, needs in (
        (f"project {settings.project}", project, of_project(settings)),
        (f"region {settings.region}", in_region, of_region(settings, quotas_of(in_region or {}))),
    ):
        found = quotas_of(document or {})
        if not found:
            # Compute Engine also omits quotas that it could not determine.
            unreadable.append(where)
        for metric, need in needs.items():
            quota = found.get(metric)
            if quota is None:
                continue
            report.facts[f"quota {metric}, {where}"] = {**asdict(quota), "need": need}
            if quota.usage + need > quota.limit:
                line = (
                    f"quota {metric}: {where} has a limit of {quota.limit:g} with"
                    f" {quota.usage:g} in use, and the stack needs {need}; free some, or have the"
                    " limit raised"
                )
                (report.warnings if present else report.problems).append(line)
    if unreadable:
        report.warnings.append(
            f"quotas: those of {' and '.join(unreadable)} cannot be read; nothing says whether they"
            " suffice"
        )
    return report


def of_project(settings: Settings) -> dict[str, int]:
    """Return the needs that count against the project, by metric."""
    network = {} if settings.existing_network else {"NETWORKS": 1, "SUBNETWORKS": 1, "ROUTERS": 1}
    return {
        **network,
        "FIREWALLS": _firewalls(settings),
        "CPUS_ALL_REGIONS": _cpus(settings).total(),
    }


def of_region(settings: Settings, found: Mapping[str, Quota]) -> dict[str, int]:
    """Return the needs that count against the region, by its metrics."""
    cpus = _cpus(settings)
    if settings.spot and found.get(_SPOT, Quota(limit=0, usage=0)).limit > 0:
        # Without a separate quota, spot instances count against the regular one.
        cpus = Counter({_SPOT: cpus.total()})
    nodes = len(settings.roles)
    disk = "SSD_TOTAL_GB" if settings.boot_disk_type in _SSD_TYPES else "DISKS_TOTAL_GB"
    # Internal addresses are reserved only in a network that exists, and only reserved ones count.
    internal = {"INTERNAL_ADDRESSES": nodes} if settings.existing_network else {}
    # Cloud NAT's address is not counted: Google's documentation is contradictory.
    external = 1 + (settings.worker and settings.worker_external_ip)
    return {
        **cpus,
        disk: nodes * settings.boot_disk_gib,
        "INSTANCES": nodes,
        **internal,
        "STATIC_ADDRESSES": external,
        "IN_USE_ADDRESSES": external,
    }


def needed(settings: Settings, metric: str) -> int | None:
    """Return the stack's use of a metric, or None."""
    return {**of_region(settings, {}), **of_project(settings)}.get(metric)


def quotas_of(document: Mapping[str, Any]) -> dict[str, Quota]:
    """Return the quotas of a project or a region, by metric."""
    return {
        entry["metric"]: Quota(limit=entry["limit"], usage=entry.get("usage", 0))
        for entry in document.get("quotas", [])
        if "limit" in entry
    }


def _cpus(settings: Settings) -> Counter[str]:
    types = [settings.controller_machine_type]
    if settings.worker:
        types.append(settings.worker_machine_type)
    counts: Counter[str] = Counter()
    for name in types:
        series = name.partition("-")[0]
        metric = "CPUS" if series in _OLDEST_SERIES else f"{series.upper()}_CPUS"
        counts[metric] += vcpus(name) or 0
    return counts


def _firewalls(settings: Settings) -> int:
    """Count the firewall rules: the internal one, and one for each open group."""
    http = settings.http_source_ranges or settings.auth_url_host == "public"
    groups = (
        settings.ssh_source_ranges,
        settings.icmp_source_ranges,
        settings.neutron_source_ranges,
        http,
    )
    return 1 + sum(map(bool, groups))
