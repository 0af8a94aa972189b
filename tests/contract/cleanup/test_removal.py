"""Removal: busy, refused, late or unanswered deletions delay the rest no longer than necessary."""

import pytest

from host.ending import EndedError
from host.errors import JobError
from job.cloud.cleanup import removal, search
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.cleanup.marks import Scope
from job.cloud.place import Place
from localcloud.compute_api.capacity import FullZone
from localcloud.compute_api.faults import Fault

REGION = "us-east4"
ZONE = "us-east4-b"
CI = Scope(cluster="capo-e2e", stack="ci", by_name=True)


@pytest.mark.parametrize("reason", ["resourceInUseByAnotherResource", "resourceNotReady"])
def test_what_is_busy_is_tried_again(api, build, double, left, reason):
    """Compute Engine counts an instance as a user of its network until its deletion is done."""
    build()
    for method in ("instances.delete", "subnetworks.delete", "networks.delete"):
        double.add_fault(Fault(method=method, kind="error", status=400, reason=reason, times=3))
    removal.sweep(api, CI)

    assert left() == set()
    assert double.remaining_faults() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "status": 503},
        {"kind": "error", "status": 429, "reason": "rateLimitExceeded"},
        {"kind": "error", "status": 403, "reason": "rateLimitExceeded"},
        {"kind": "lost"},
        {"kind": "operation_error"},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_an_api_that_fails_now_and_then_does_not_keep_anything(api, build, double, left, fault):
    build()
    double.add_fault(Fault(method="*", times=1000, every=4, **fault))
    survivors = removal.sweep(api, CI)
    double.clear_faults()

    assert survivors == []
    assert left() == set()


def test_what_may_not_be_deleted_is_named_and_the_rest_goes(api, build, double, left, monkeypatch):
    monkeypatch.setattr(removal, "_PATIENCE_S", 0.1)
    instance, *_ = build()
    double.deny("routers.delete")
    survivors = removal.sweep(api, CI)

    kinds = {survivor.leftover.kind.collection for survivor in survivors}
    assert kinds == {"routers", "networks"}
    assert any("lacks compute.routers.delete" in survivor.why for survivor in survivors)
    assert instance not in left()


def test_what_may_not_be_listed_is_said_and_the_rest_goes(api, build, double, left, said):
    build()
    double.deny("disks.aggregatedList")
    removal.sweep(api, CI)

    assert left() == set()
    assert any(line.startswith("disks are not looked for: credentials:") for line in said)


def test_zones_are_never_listed(api, build, double, place):
    """The job's service account has no permission to list them."""
    build()
    removal.sweep(api, CI)

    assert double.requests(place.project, "zones.list") == []


def test_without_time_the_instances_at_least_are_told_to_go(place, ending, said, build, double):
    build()
    double.set_latency({"default": 0.5})
    survivors = removal.sweep(Api(place, Budget(0.05, ending), said.append), CI)

    assert double.requests(place.project, "instances.delete")
    assert {survivor.leftover.kind.collection for survivor in survivors} >= {"instances"}


def test_the_end_of_the_run_ends_the_waiting(api, build, double, ending):
    build()
    double.set_latency({"default": 30})
    ending.ask(EndedError("ended by SIGTERM", 15))

    with pytest.raises(EndedError):
        removal.sweep(api, CI)


def test_an_api_that_does_not_answer_is_an_error_of_one_line(place, ending, said):
    nobody = Place(
        project=place.project,
        region=REGION,
        endpoint="http://127.0.0.1:9/compute/v1/",
        access_token="any",
    )

    with pytest.raises(JobError, match="does not answer"):
        search.leftovers(Api(nobody, Budget(0.1, ending), said.append), CI)


def test_a_project_that_is_not_there_is_said(api, double, place):
    double.refuse_project(place.project, 404)

    with pytest.raises(JobError, match=f"project: {place.project} does not exist"):
        search.leftovers(api, CI)


def test_what_is_still_being_created_is_deleted_too(api, build, double, left):
    """An interrupted run may have sent the request just before it ended."""
    double.set_latency({"instance": 0.5})
    instance, *_ = build()
    assert instance in left()
    assert removal.sweep(api, CI) == []

    assert left() == set()


def test_a_creation_that_fails_meanwhile_is_as_good_as_deleted(api, build, double, left):
    double.fill_zone(FullZone(zone=ZONE))
    double.set_latency({"instance": 0.3})
    build()
    assert removal.sweep(api, CI) == []

    assert left() == set()
