"""Quotas: limits, usages, and the error when a limit is exceeded."""

import pytest


def usage(client, metric):
    quotas = client.get(f"{client.base}/regions/us-east4")["quotas"]
    quotas += client.get(client.base)["quotas"]
    return [quota["usage"] for quota in quotas if quota["metric"] == metric]


def test_cpu_quota_ends_the_operation_with_metric_and_limit(wired):
    wired.api.set_quota(wired.project, "N2_CPUS", 20, "us-east4")
    machine = "zones/us-east4-a/machineTypes/n2-standard-16"
    wired.instance("a", machineType=machine)
    error = wired.failed(
        "POST", f"{wired.zone}/instances", wired.instance_body("b", machineType=machine)
    )
    assert error["code"] == "QUOTA_EXCEEDED"
    assert error["message"] == "Quota 'N2_CPUS' exceeded.  Limit: 20.0 in region us-east4."


def test_family_decides_which_cpu_metric_counts(wired):
    wired.instance("n2")
    wired.instance("e2", machineType="zones/us-east4-a/machineTypes/e2-standard-4")
    assert (usage(wired, "N2_CPUS"), usage(wired, "CPUS")) == ([2.0], [4.0])
    assert usage(wired, "CPUS_ALL_REGIONS") == [6.0]


def test_stopped_instance_frees_its_cpus(wired):
    wired.done("POST", f"{wired.instance()}/stop")
    assert usage(wired, "N2_CPUS") == [0.0]


def test_ssd_quota_refuses_the_insert(wired):
    wired.api.set_quota(wired.project, "SSD_TOTAL_GB", 750, "us-east4")
    disk = {"sizeGb": "500", "type": "zones/us-east4-a/diskTypes/pd-ssd"}
    wired.done("POST", f"{wired.zone}/disks", disk | {"name": "a"})
    refusal = wired.refused("POST", f"{wired.zone}/disks", disk | {"name": "b"})
    assert (refusal.code, refusal.reason) == (403, "quotaExceeded")
    assert "'SSD_TOTAL_GB' exceeded.  Limit: 750.0 in region us-east4." in refusal.message


@pytest.mark.parametrize(
    ("metric", "collection", "body"),
    [
        ("NETWORKS", "global/networks", {"autoCreateSubnetworks": False}),
        ("FIREWALLS", "global/firewalls", {"allowed": [{"IPProtocol": "icmp"}]}),
        ("ROUTERS", "regions/us-east4/routers", {}),
        ("SUBNETWORKS", "regions/us-east4/subnetworks", {"ipCidrRange": "10.9.0.0/24"}),
    ],
)
def test_number_of_resources_is_limited(wired, metric, collection, body):
    wired.api.set_quota(wired.project, metric, len(usage(wired, metric)) - 1)
    if collection != "global/networks":
        body = body | {"network": "global/networks/net"}
    refusal = wired.refused("POST", f"{wired.base}/{collection}", body | {"name": "more"})
    assert refusal.message == f"Quota '{metric}' exceeded.  Limit: 0.0 globally."


def test_static_addresses_are_limited_by_region(client):
    client.api.set_quota(client.project, "STATIC_ADDRESSES", 1, "us-east4")
    client.address("a")
    refusal = client.refused("POST", f"{client.region}/addresses", {"name": "b"})
    assert refusal.message == "Quota 'STATIC_ADDRESSES' exceeded.  Limit: 1.0 in region us-east4."


def test_external_ips_in_use_are_counted(wired):
    wired.instance(networkInterfaces=wired.nic(accessConfigs=[{}]))
    assert usage(wired, "IN_USE_ADDRESSES")[0] == 1.0


def test_unknown_metric_is_refused(client):
    with pytest.raises(ValueError, match="'CPU' is none of"):
        client.api.set_quota(client.project, "CPU", 1, "us-east4")
