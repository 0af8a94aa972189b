"""Quotas: the stack's needs against limits and usages, as Compute Engine reports them."""

from functools import partial

import pytest

from host.errors import JobError
from job.cloud import compute
from job.run.preflight import identity, quotas
from job.run.preflight.quotas import Quota, of_project, of_region
from localcloud.compute_api.faults import Fault

REGION = "us-east4"


@pytest.fixture
def look(place, settings):
    """Compare the default settings with the project on the double."""

    def check(settings=settings, *, present=False):
        get = partial(compute.ask, sleep=lambda _: None)
        client = compute.connect(place)
        project = identity.project(client, place, get)
        region = quotas.region(client, settings, get)
        return quotas.compare(settings, project, region, present=present)

    return check


def test_the_default_configuration_needs(settings):
    assert of_project(settings) == {
        "NETWORKS": 1,
        "SUBNETWORKS": 1,
        "ROUTERS": 1,
        "FIREWALLS": 2,
        "CPUS_ALL_REGIONS": 24,
    }
    assert of_region(settings, {}) == {
        "N2_CPUS": 24,
        "SSD_TOTAL_GB": 1000,
        "INSTANCES": 2,
        "STATIC_ADDRESSES": 1,
        "IN_USE_ADDRESSES": 1,
    }


def test_a_network_that_exists_is_not_counted(make_settings):
    settings = make_settings(
        existingNetwork="n", existingSubnetwork="s", sshSourceRanges='["0.0.0.0/0"]'
    )

    assert of_project(settings) == {"FIREWALLS": 3, "CPUS_ALL_REGIONS": 24}
    # Only there are the nodes' internal addresses reserved.
    assert of_region(settings, {})["INTERNAL_ADDRESSES"] == 2


@pytest.mark.parametrize(
    ("controller", "worker", "cpus"),
    [
        ("n1-standard-8", "custom-8-32768", {"CPUS": 16}),
        ("c2-standard-16", "n2-standard-8", {"C2_CPUS": 16, "N2_CPUS": 8}),
        ("n2-custom-12-65536", "n2-standard-8", {"N2_CPUS": 20}),
    ],
)
def test_each_series_has_a_quota_of_its_own(make_settings, controller, worker, cpus):
    settings = make_settings(
        controllerMachineType=controller, workerMachineType=worker, minCpuPlatform=""
    )
    found = of_region(settings, {})

    assert {metric: found[metric] for metric in found if metric.endswith("CPUS")} == cpus


@pytest.mark.parametrize(
    ("limit", "metric"), [(0, "N2_CPUS"), (64, "PREEMPTIBLE_CPUS")], ids=["none", "own"]
)
def test_spot_instances_have_a_quota_of_their_own_if_there_is_one(make_settings, limit, metric):
    found = {"PREEMPTIBLE_CPUS": Quota(limit=limit, usage=0)}

    assert of_region(make_settings(spot="true"), found)[metric] == 24


def test_one_node_needs_half_and_disks_that_are_no_ssd_count_elsewhere(make_settings):
    settings = make_settings(worker="false", bootDiskType="pd-standard")
    found = of_region(settings, {})

    assert (found["N2_CPUS"], found["DISKS_TOTAL_GB"], found["INSTANCES"]) == (16, 500, 1)
    assert "SSD_TOTAL_GB" not in found


def test_enough_passes_and_is_noted(look):
    report = look()

    assert (report.problems, report.warnings) == ([], [])
    assert report.facts["quota N2_CPUS, region us-east4"] == {"limit": 72, "usage": 0, "need": 24}


@pytest.mark.parametrize(
    ("limited", "region", "need"),
    [
        (("N2_CPUS", 20), REGION, 24),
        (("SSD_TOTAL_GB", 750), REGION, 1000),
        (("IN_USE_ADDRESSES", 0), REGION, 1),
        (("STATIC_ADDRESSES", 0), REGION, 1),
        (("CPUS_ALL_REGIONS", 12), None, 24),
        (("NETWORKS", 0), None, 1),
        (("SUBNETWORKS", 0), None, 1),
        (("ROUTERS", 0), None, 1),
        (("FIREWALLS", 1), None, 2),
    ],
)
def test_too_little_is_refused_with_metric_limit_usage_and_need(api, look, limited, region, need):
    metric, limit = limited
    api.set_quota("capo", metric, limit, region)
    where = f"region {region}" if region else "project capo"
    [problem] = look().problems

    assert problem == (
        f"quota {metric}: {where} has a limit of {limit} with 0 in use, and the stack needs"
        f" {need}; free some, or have the limit raised"
    )


def test_just_enough_passes(api, look):
    """Jobs have limits of exactly the 24 vCPUs and 1000 GB that they need."""
    api.set_quota("capo", "N2_CPUS", 24, REGION)
    api.set_quota("capo", "SSD_TOTAL_GB", 1000, REGION)

    assert look().problems == []


def test_what_is_in_use_is_not_left(api, look, place):
    """A sufficient limit does not suffice if another stack uses part of it."""
    api.set_quota("capo", "NETWORKS", 1)
    body = {"name": "other", "autoCreateSubnetworks": False}
    compute.connect(place).networks().insert(project="capo", body=body).execute()

    assert "limit of 1 with 1 in use" in look().problems[0]


def test_a_stack_that_is_there_uses_its_own_quota(api, look):
    """A second `up` needs nothing more."""
    api.set_quota("capo", "NETWORKS", 0)
    report = look(present=True)

    assert report.problems == []
    assert "quota NETWORKS" in report.warnings[0]


def test_quotas_that_may_not_be_read_are_one_warning(api, look):
    api.deny("projects.get")
    api.deny("regions.get")
    report = look()

    assert report.problems == []
    assert report.warnings == [
        (
            "quotas: those of project capo and region us-east4 cannot be read; nothing says whether"
            " they suffice"
        )
    ]


def test_quotas_that_compute_engine_leaves_out_are_a_warning(settings):
    """Compute Engine omits them when it cannot determine them."""
    report = quotas.compare(settings, {"name": "capo"}, {"name": REGION}, present=False)

    assert report.problems == []
    assert len(report.warnings) == 1


def test_a_region_that_does_not_exist_is_refused(make_settings, look):
    with pytest.raises(JobError, match="us-east9"):
        look(make_settings(region="us-east9", zones='["us-east9-a"]'))


def test_a_rate_limit_is_waited_out(api, look):
    limited = {"kind": "error", "status": 403, "reason": "rateLimitExceeded", "times": 2}
    api.add_fault(Fault(method="projects.get", **limited))
    api.add_fault(Fault(method="regions.get", **limited))
    report = look()

    assert (report.problems, report.warnings) == ([], [])
    assert api.remaining_faults() == []


def test_zones_are_never_listed(api, look):
    """The jobs' account has no permission to list them."""
    look()

    assert {request["method"] for request in api.requests("capo")} == {
        "compute.projects.get",
        "compute.regions.get",
    }
