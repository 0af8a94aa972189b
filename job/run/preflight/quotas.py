"""Quotas: compare the stack's needs with the project's remaining quotas."""

from collections.abc import Iterator, Mapping
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
class Need:
    """The stack's use of a metric."""

    metric: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A metric's limit and usage."""

    limit: float
    usage: float


def region(client: Any, settings: Settings, get: Get) -> tuple[Document | None, Report]:
    """Read the region; None if the account may not."""
    try:
        return get(client.regions().get(project=settings.project, region=settings.region)), Report()
    except HttpError as error:
        if error.resp.status == FORBIDDEN:
            return None, Report()
        return None, Report.of(explain(error))


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
        for need in needs:
            quota = found.get(need.metric)
            if quota is None:
                continue
            report.facts[f"quota {need.metric}, {where}"] = {**asdict(quota), "need": need.amount}
            if quota.usage + need.amount > quota.limit:
                line = (
                    f"quota {need.metric}: {where} has a limit of {quota.limit:g} with"
                    f" {quota.usage:g} in use, and the stack needs {need.amount}; free some, or"
                    " have the limit raised"
                )
                (report.warnings if present else report.problems).append(line)
    if unreadable:
        report.warnings.append(
            f"quotas: those of {' and '.join(unreadable)} cannot be read; nothing says whether they"
            " suffice"
        )
    return report


def of_project(settings: Settings) -> Iterator[Need]:
    """Yield the needs that count against the project."""
    if not settings.existing_network:
        yield Need(metric="NETWORKS", amount=1)
        yield Need(metric="SUBNETWORKS", amount=1)
        yield Need(metric="ROUTERS", amount=1)
    yield Need(metric="FIREWALLS", amount=_firewalls(settings))
    yield Need(metric="CPUS_ALL_REGIONS", amount=sum(_cpus(settings).values()))


def of_region(settings: Settings, found: Mapping[str, Quota]) -> Iterator[Need]:
    """Yield the needs that count against the region, by its metrics."""
    cpus = _cpus(settings)
    if settings.spot and found.get(_SPOT, Quota(limit=0, usage=0)).limit > 0:
        # Without a separate quota, spot instances count against the regular one.
        cpus = {_SPOT: sum(cpus.values())}
    for metric, amount in cpus.items():
        yield Need(metric=metric, amount=amount)
    nodes = len(settings.roles)
    disk = "SSD_TOTAL_GB" if settings.boot_disk_type in _SSD_TYPES else "DISKS_TOTAL_GB"
    yield Need(metric=disk, amount=nodes * settings.boot_disk_gib)
    yield Need(metric="INSTANCES", amount=nodes)
    if settings.existing_network:
        # Internal addresses are reserved only there, and only reserved ones count.
        yield Need(metric="INTERNAL_ADDRESSES", amount=nodes)
    # Cloud NAT's address is not counted: Google's documentation is contradictory.
    external = 1 + (settings.worker and settings.worker_external_ip)
    yield Need(metric="STATIC_ADDRESSES", amount=external)
    yield Need(metric="IN_USE_ADDRESSES", amount=external)


def needed(settings: Settings, metric: str) -> int | None:
    """Return the stack's use of a metric, or None."""
    needs = (*of_project(settings), *of_region(settings, {}))
    return next((need.amount for need in needs if need.metric == metric), None)


def quotas_of(document: Mapping[str, Any]) -> dict[str, Quota]:
    """Return the quotas of a project or a region, by metric."""
    return {
        entry["metric"]: Quota(limit=entry["limit"], usage=entry.get("usage", 0))
        for entry in document.get("quotas", [])
        if "limit" in entry
    }


def _cpus(settings: Settings) -> dict[str, int]:
    types = [settings.controller_machine_type]
    if settings.worker:
        types.append(settings.worker_machine_type)
    counts: dict[str, int] = {}
    for name in types:
        series = name.partition("-")[0]
        metric = "CPUS" if series in _OLDEST_SERIES else f"{series.upper()}_CPUS"
        counts[metric] = counts.get(metric, 0) + (vcpus(name) or 0)
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
