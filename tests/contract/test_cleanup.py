"""Cleanup: what is ours is found and deleted through Google's client, and nothing else touched."""

import time
import uuid

import pytest

from job.cleanup import keeping, removal, search, sweeping
from job.cleanup.api import Api
from job.cleanup.budget import Budget
from job.cleanup.marks import Scope
from job.compute import Place, connect
from job.ending import EndedError, Ending
from job.errors import JobError
from localcloud.compute_api.capacity import FullZone
from localcloud.compute_api.faults import Fault
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi

REGION = "us-east4"
ZONE = "us-east4-b"
CI = Scope(cluster="capo-e2e", stack="ci", by_name=True)
ANY = Scope(cluster="capo-e2e")
IMAGE = "projects/debian-cloud/global/images/family/debian-12"
RULE = {"allowed": [{"IPProtocol": "tcp"}], "sourceRanges": ["192.0.2.0/24"]}
GATEWAY = "global/gateways/default-internet-gateway"


@pytest.fixture
def double():
    with ComputeApi(Options()) as running:
        yield running


@pytest.fixture
def ending():
    made = Ending()
    yield made
    made.close()


@pytest.fixture
def place(double):
    project = f"cleanup-{uuid.uuid4().hex[:8]}"
    prefix = "capo-e2e-ci"
    endpoint, token = double.url, "any"
    return Place(
        project=project, region=REGION, prefix=prefix, endpoint=endpoint, access_token=token
    )


@pytest.fixture
def said():
    """What was told to a person."""
    return []


@pytest.fixture
def api(place, ending, said, monkeypatch):
    monkeypatch.setattr(removal, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("job.compute._FIRST_PAUSE_S", 0.01)
    return Api(place, Budget(60, ending), said.append)


@pytest.fixture
def create(place):
    """Create a resource of the project through the same client."""
    compute = connect(place)

    def insert(collection, body, **where):
        methods = getattr(compute, collection)()
        methods.insert(project=place.project, body=body, **where).execute()
        scope = "/".join(f"{key}s/{value}" for key, value in where.items()) or "global"
        return f"projects/{place.project}/{scope}/{collection}/{body['name']}"

    return insert


@pytest.fixture
def build(create):
    """A stack without state: all kinds of resources, marked as the program marks them."""

    def make(stack="ci", *, cluster="capo-e2e", marked=True, cidr="10.0.3.0/24"):
        prefix = f"{cluster}-{stack}"
        labels = {"devstack-cluster": cluster, "devstack-stack": stack} if marked else {}
        text = " ".join(f"{key}={value}" for key, value in labels.items())
        described = {"description": text} if marked else {}
        network = create("networks", {"name": prefix, "autoCreateSubnetworks": False, **described})
        in_network = {"network": network, **described}
        subnetwork = create(
            "subnetworks",
            {"name": prefix, "ipCidrRange": cidr, **in_network},
            region=REGION,
        )
        firewall = create("firewalls", {"name": f"{prefix}-allow-ssh", **RULE, **in_network})
        router = create("routers", {"name": f"{prefix}-router", **in_network}, region=REGION)
        address = create(
            "addresses",
            {
                "name": f"{prefix}-controller-internal",
                "addressType": "INTERNAL",
                "subnetwork": subnetwork,
                **described,
            },
            region=REGION,
        )
        instance = create(
            "instances",
            {
                "name": f"{prefix}-controller",
                "labels": labels,
                "machineType": f"zones/{ZONE}/machineTypes/n2-standard-2",
                "disks": [
                    {"boot": True, "autoDelete": True, "initializeParams": {"sourceImage": IMAGE}}
                ],
                "networkInterfaces": [{"subnetwork": subnetwork}],
            },
            zone=ZONE,
        )
        return [instance, router, firewall, address, subnetwork, network]

    return make


@pytest.fixture
def left(double, place):
    """What there is in the project; a disk that an instance has goes with it."""

    def look():
        found = {entry["path"] for entry in double.inventory(place.project)}
        return {path for path in found if "/disks/" not in path}

    return look


def test_all_of_a_stack_is_found_and_deleted_with_a_line_each(api, build, left, said):
    made = build()

    assert [each.path for each in search.leftovers(api, CI)] == made
    assert sweeping.sweep(api, CI) == []
    assert left() == set()
    assert sorted(said) == sorted(f"deleted {path}" for path in made)


def test_without_marks_the_exact_names_of_the_asked_for_stack_do(api, build, left):
    build(marked=False)
    sweeping.sweep(api, CI)

    assert left() == set()


def test_of_all_stacks_only_marks_count(api, build, left):
    """A name alone is no proof: today's scripts make capo-e2e-mynetwork."""
    strange = build("mynetwork", marked=False)
    build("pr-17", cidr="10.0.4.0/24")
    sweeping.sweep(api, ANY)

    assert left() == set(strange)


@pytest.mark.parametrize(
    ("stack", "cluster"), [("ci-2", "capo-e2e"), ("ci", "mapo-e2e")], ids=["stack", "cluster"]
)
def test_other_stacks_stay(api, build, left, stack, cluster):
    made = build(stack, cluster=cluster)
    sweeping.sweep(api, CI)

    assert left() == set(made)


def test_a_description_of_somebody_elses_outweighs_the_name(api, create, left):
    body = {"name": "capo-e2e-ci", "autoCreateSubnetworks": False, "description": "of the lab"}
    network = create("networks", body)
    sweeping.sweep(api, CI)

    assert left() == {network}


def test_an_existing_network_is_spared_whatever_it_is_called(api, create, left):
    network = create("networks", {"name": "capo-e2e-ci", "autoCreateSubnetworks": False})
    rule = create("firewalls", {"name": "lab", "network": network, **RULE})
    spared = frozenset({"networks/capo-e2e-ci"})
    scope = Scope(cluster="capo-e2e", stack="ci", by_name=True, spared=spared)
    sweeping.sweep(api, scope)

    assert left() == {network, rule}


def test_rules_and_routes_of_strangers_on_our_network_go_with_it(api, build, create, left, said):
    """They hold it; what Compute Engine itself has put there goes without saying."""
    *_, network = build()
    theirs = create("networks", {"name": "lab", "autoCreateSubnetworks": False})
    create("firewalls", {"name": "scanner", "network": network, **RULE})
    route = {"destRange": "192.0.2.0/24", "nextHopGateway": GATEWAY}
    create("routes", {"name": "detour", "network": network, **route})
    kept = {
        theirs,
        create("firewalls", {"name": "lab-rule", "network": theirs, **RULE}),
        create("routes", {"name": "lab-route", "network": theirs, **route}),
    }
    sweeping.sweep(api, CI)

    assert left() == kept
    strange = [line.split("/")[-1] for line in said if "not ours" in line]
    assert strange == [
        "scanner, which was not ours and held our network",
        "detour, which was not ours and held our network",
    ]


def test_rules_of_another_stack_on_our_network_stay_and_are_named(
    api, build, create, left, monkeypatch
):
    """It uses our network as an existing one, and is no stranger."""
    monkeypatch.setattr(removal, "_PATIENCE_S", 0.1)
    *_, network = build()
    text = "devstack-cluster=capo-e2e devstack-stack=guest"
    rule = create(
        "firewalls", {"name": "capo-e2e-guest-ssh", "network": network, "description": text, **RULE}
    )
    [survivor] = sweeping.sweep(api, CI)

    assert left() == {rule, network}
    assert survivor.leftover.path == network
    assert "already being used by" in survivor.why
    assert rule in survivor.why


def test_a_disk_that_outlived_its_instance_is_ours_by_its_name(api, create, double, place):
    for name in ("capo-e2e-ci-worker", "capo-e2e-ci-data", "capo-e2e-other-worker"):
        create("disks", {"name": name, "sizeGb": "10"}, zone=ZONE)
    sweeping.sweep(api, CI)

    names = {entry["path"].rpartition("/")[2] for entry in double.inventory(place.project)}
    assert names == {"capo-e2e-ci-data", "capo-e2e-other-worker"}


def test_a_region_stands_for_the_stacks_that_are_nowhere_else(api, build, left):
    made = build()
    elsewhere = Scope(cluster="capo-e2e", region="europe-west4")

    assert search.leftovers(api, elsewhere) == []
    found = search.leftovers(api, Scope(cluster="capo-e2e", region=REGION))
    assert [each.path for each in found] == made
    assert left() == set(made)


@pytest.mark.parametrize("reason", ["resourceInUseByAnotherResource", "resourceNotReady"])
def test_what_is_busy_is_tried_again(api, build, double, left, reason):
    """Compute Engine still counts a user that it is about to delete."""
    build()
    for method in ("instances.delete", "subnetworks.delete", "networks.delete"):
        double.add_fault(Fault(method=method, kind="error", status=400, reason=reason, times=3))
    sweeping.sweep(api, CI)

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
    survivors = sweeping.sweep(api, CI)
    double.clear_faults()

    assert survivors == []
    assert left() == set()


def test_what_may_not_be_deleted_is_named_and_the_rest_goes(api, build, double, left, monkeypatch):
    monkeypatch.setattr(removal, "_PATIENCE_S", 0.1)
    instance, *_ = build()
    double.deny("routers.delete")
    survivors = sweeping.sweep(api, CI)

    kinds = {survivor.leftover.kind.collection for survivor in survivors}
    assert kinds == {"routers", "networks"}
    assert any("lacks compute.routers.delete" in survivor.why for survivor in survivors)
    assert instance not in left()


def test_what_may_not_be_listed_is_said_and_the_rest_goes(api, build, double, left, said):
    build()
    double.deny("disks.aggregatedList")
    sweeping.sweep(api, CI)

    assert left() == set()
    assert any(line.startswith("disks are not looked for: credentials:") for line in said)


def test_zones_are_never_listed(api, build, double, place):
    """The job's service account may not."""
    build()
    sweeping.sweep(api, CI)

    assert double.requests(place.project, "zones.list") == []


def test_without_time_the_instances_at_least_are_told_to_go(place, ending, said, build, double):
    build()
    double.set_latency({"default": 0.5})
    survivors = sweeping.sweep(Api(place, Budget(0.05, ending), said.append), CI)

    assert double.requests(place.project, "instances.delete")
    assert {survivor.leftover.kind.collection for survivor in survivors} >= {"instances"}


def test_the_end_of_the_run_ends_the_waiting(api, build, double, ending):
    build()
    double.set_latency({"default": 30})
    ending.ask(EndedError("ended by SIGTERM", 15))

    with pytest.raises(EndedError):
        sweeping.sweep(api, CI)


def test_an_api_that_does_not_answer_is_an_error_of_one_line(place, ending, said):
    nobody = Place(
        project=place.project,
        region=REGION,
        prefix="x",
        endpoint="http://127.0.0.1:9/compute/v1/",
        access_token="any",
    )

    with pytest.raises(JobError, match="does not answer"):
        search.leftovers(Api(nobody, Budget(0.1, ending), said.append), CI)


def test_a_project_that_is_not_there_is_said(api, double, place):
    double.refuse_project(place.project, 404)

    with pytest.raises(JobError, match=f"project: {place.project} does not exist"):
        search.leftovers(api, CI)


def test_a_kept_stack_stays_until_its_time_is_over(api, build, left, monkeypatch):
    made = build()
    now = time.time()
    keeping.keep(api, CI, now + 60)
    sweeping.sweep(api, CI)
    assert left() == set(made)

    monkeypatch.setattr(sweeping.time, "time", lambda: now + 61)
    sweeping.sweep(api, CI)
    assert left() == set()


def test_what_has_no_labels_is_kept_with_the_instance(api, build):
    build()
    build("other", cidr="10.0.4.0/24")
    keeping.keep(api, CI, 4102444800)

    until = {each.kept_until for each in search.leftovers(api, CI)}
    others = search.leftovers(api, Scope(cluster="capo-e2e", stack="other"))
    assert until == {4102444800}
    assert {each.kept_until for each in others} == {0}


def test_a_kept_stack_goes_when_somebody_insists(api, build, left):
    build()
    keeping.keep(api, CI, time.time() + 60)
    sweeping.sweep(api, CI, even_kept=True)

    assert left() == set()


def test_keeping_leaves_the_other_labels_alone(api, build, double):
    instance, *_ = build()
    double.add_labels(instance, {"somebody": "else"})
    keeping.keep(api, CI, 4102444800)

    assert double.resource(instance)["labels"] == {
        "devstack-cluster": "capo-e2e",
        "devstack-stack": "ci",
        "devstack-expires": "4102444800",
        "somebody": "else",
    }


def test_a_label_that_changed_meanwhile_is_read_again(api, build, double):
    instance, *_ = build()
    double.add_fault(
        Fault(method="instances.setLabels", kind="error", status=412, reason="conditionNotMet")
    )
    keeping.keep(api, CI, 4102444800)

    assert double.resource(instance)["labels"]["devstack-expires"] == "4102444800"


def test_an_expiry_that_is_no_time_keeps_the_stack(api, build, double, left):
    """Somebody wrote `never`, and hardly meant `now`."""
    instance, *_ = made = build()
    double.add_labels(instance, {"devstack-expires": "never"})
    sweeping.sweep(api, CI)

    assert left() == set(made)


def test_without_an_instance_there_is_nothing_to_keep(api, create):
    create("networks", {"name": "capo-e2e-ci", "autoCreateSubnetworks": False})

    with pytest.raises(JobError, match="stack ci has no instance"):
        keeping.keep(api, CI, time.time() + 60)


def test_what_is_still_being_created_is_deleted_too(api, build, double, left):
    """An interrupted run's request may be under way."""
    double.set_latency({"instance": 0.5})
    instance, *_ = build()
    assert instance in left()
    assert sweeping.sweep(api, CI) == []

    assert left() == set()


def test_a_creation_that_fails_meanwhile_is_as_good_as_deleted(api, build, double, left):
    double.fill_zone(FullZone(zone=ZONE))
    double.set_latency({"instance": 0.3})
    build()
    assert sweeping.sweep(api, CI) == []

    assert left() == set()
