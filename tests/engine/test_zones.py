"""Zones: a node moves to the next zone if its zone cannot host it, and for no other reason."""

from itertools import pairwise

import pytest

from job.cloud.zones import departures
from localcloud.compute_api.capacity import SHAPES, FullZone
from localcloud.compute_api.faults import Fault
from localcloud.compute_api.offers import Lack

ZONES = ["us-east4-a", "us-east4-b", "us-east4-c"]
TYPES = {"controller": "n2-standard-16", "worker": "n2-standard-8"}


@pytest.fixture
def fill(cloud):
    """Make a zone report that it has no capacity for this test's project."""
    yield lambda zone, **given: cloud.api.fill_zone(
        FullZone(**{"zone": zone, "project": cloud.project, **given})
    )
    for zone in ZONES:
        cloud.api.empty_zone(zone)


@pytest.fixture
def withdraw(cloud):
    """Make a zone lack a machine type, platform or disk type for this test's project."""
    yield lambda zone, name: cloud.api.withdraw(Lack(zone=zone, name=name, project=cloud.project))
    for zone in ZONES:
        cloud.api.restore_offers(zone)


def where(cloud):
    """Return the zone of each node by role, as the cloud has it."""
    paths = [path.split("/") for path in cloud.inventory() if "/instances/" in path]
    return {path[-1].rpartition("-")[2]: path[1] for path in paths}


def test_each_node_has_its_own_zone(cloud, fill):
    """The zone of an existing controller does not decide the zone of a new worker."""
    fill(ZONES[0])
    cloud.job("up", worker=False)
    cloud.api.empty_zone(ZONES[0])
    cloud.job("up")

    assert where(cloud) == {"controller": ZONES[1], "worker": ZONES[0]}


def test_both_nodes_go_to_the_next_zone_and_stay_there(cloud, fill):
    """They stay even when the first zone has capacity again, and the outputs name the new zone."""
    fill(ZONES[0], shape="insert")
    done = cloud.job("up", createTimeoutS=5)

    assert where(cloud) == {"controller": ZONES[1], "worker": ZONES[1]}
    assert cloud.outputs()["zones"] == where(cloud)
    for role in ("controller", "worker"):
        assert f"{role}: zone {ZONES[0]} has no room; trying {ZONES[1]}" in done.out

    cloud.api.empty_zone(ZONES[0])
    assert cloud.job("preview", createTimeoutS=5).changes() == {}
    assert cloud.job("up", createTimeoutS=5).changes() == {}


def test_a_node_that_is_replaced_may_find_its_zone_full(standing, fill):
    """By then the engine has deleted the node, so it is missing from the state."""
    before = standing.inventory()
    fill(ZONES[0], project=standing.project)
    done = standing.job("replace", "worker")

    assert f"worker: zone {ZONES[0]} has no room; trying {ZONES[1]}" in done.out
    assert where(standing) == {"controller": ZONES[0], "worker": ZONES[1]}
    assert len(standing.inventory()) == len(before)


def test_when_all_zones_are_full_it_says_so_and_leaves_nothing_behind(cloud, fill):
    """Each zone reports it in a different form; the API has several."""
    for zone, shape in zip(ZONES, SHAPES, strict=True):
        fill(zone, shape=shape)
    done = cloud.job("up", check=False, createTimeoutS=5)

    assert done.code == 1
    # Only one of the nodes is sure to reach the last zone.
    for full, following in pairwise(ZONES):
        assert f": zone {full} has no room; trying {following}" in done.out
    assert f"{ZONES[2]} has no room for it, and it was the last zone to try" in done.err
    cloud.job("down")
    assert cloud.inventory() == set()


def test_a_zone_that_was_asked_for_is_not_left(cloud, fill):
    fill(ZONES[1])
    done = cloud.job("up", check=False, controllerZone=ZONES[1])

    assert done.code == 1
    assert "controller: us-east4-b has no room for it" in done.err
    cloud.job("down")


def test_a_quota_moves_nobody(cloud):
    """The quota counts for the whole region, so no other zone would help."""
    cloud.api.set_quota(cloud.project, "N2_CPUS", 16, region="us-east4")
    done = cloud.job("up", check=False)

    assert done.code == 1
    assert "trying" not in done.out
    assert "quota: N2_CPUS is limited to 16.0 in region us-east4, too little" in done.err
    assert "this stack needs 24 of it" in done.err
    assert set(where(cloud).values()) == {ZONES[0]}
    cloud.job("down")


@pytest.mark.parametrize("role", TYPES)
def test_a_zone_without_the_machine_type_is_passed_over(cloud, fill, withdraw, role):
    """It lies between a full zone and one that has the type; the other node stays where it can."""
    fill(ZONES[0])
    withdraw(ZONES[1], TYPES[role])
    done = cloud.job("up")

    assert where(cloud) == {each: ZONES[2] if each == role else ZONES[1] for each in TYPES}
    assert f"{role}: zone {ZONES[0]} has no room; trying {ZONES[1]}" in done.out
    assert passed_over(role, ZONES[1], ZONES[2]) in done.out
    logs = sorted(cloud.staged.glob("events/up-*.jsonl"))
    left = {(each.role, each.zone) for log in logs for each in departures(log)}
    assert left == {*((each, ZONES[0]) for each in TYPES), (role, ZONES[1])}


def passed_over(role, zone, following):
    """Return the line about a zone that lacks a node's machine type."""
    return (
        f"{role}: zone {zone} lacks it (Machine type with name '{TYPES[role]}' does not exist"
        f" in zone '{zone}'); trying {following}"
    )


def test_zones_without_platform_or_disk_type_are_passed_over(cloud, withdraw):
    withdraw(ZONES[0], "Intel Cascade Lake")
    withdraw(ZONES[1], "pd-ssd")
    done = cloud.job("up", minCpuPlatform="Intel Cascade Lake", bootDiskType="pd-ssd")

    assert set(where(cloud).values()) == {ZONES[2]}
    for zone, said in (
        (ZONES[0], "'Intel Cascade Lake': CPU platform unavailable in requested zone"),
        (ZONES[1], "'pd-ssd': The referenced diskType resource cannot be found"),
    ):
        assert f"controller: zone {zone} lacks it ({said}" in done.out


def test_what_no_zone_has_is_told_with_the_zones_that_were_asked(cloud, withdraw):
    """For instance a typo: Settings does not know every size of every machine series."""
    for zone in ZONES:
        withdraw(zone, TYPES["worker"])
    done = cloud.job("up", check=False)

    assert done.code == 1
    for zone, following in pairwise(ZONES):
        assert passed_over("worker", zone, following) in done.out
    assert (
        "worker: n2-standard-8 cannot be had in us-east4-a, us-east4-b, us-east4-c: Machine type"
        " with name 'n2-standard-8' does not exist in zone 'us-east4-c'; change"
        " devstack:workerMachineType"
    ) in done.err
    cloud.job("down")
    assert cloud.inventory() == set()


def test_another_failure_is_told_before_a_zone_is_left(cloud, fill):
    """A policy would refuse the node in each zone, and the error would blame the last zone."""
    fill(ZONES[0])
    fault = {"method": "instances.insert", "kind": "error", "status": 412}
    policy = Fault(**fault, reason="conditionNotMet", message="No.", project=cloud.project)
    cloud.api.add_fault(policy)
    done = cloud.job("up", check=False)

    assert done.code == 1
    assert "(412 conditionNotMet): No" in done.err
    assert "trying" not in done.out
    cloud.job("down")
