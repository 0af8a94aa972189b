"""Ours: a stack's own resources are deleted, users first, and no others."""

import pytest

from job.cloud.cleanup import removal, search
from job.cloud.cleanup.marks import Scope

REGION = "us-east4"
ZONE = "us-east4-b"
CI = Scope(cluster="capo-e2e", stack="ci", by_name=True)
ANY = Scope(cluster="capo-e2e")
RULE = {"allowed": [{"IPProtocol": "tcp"}], "sourceRanges": ["192.0.2.0/24"]}
GATEWAY = "global/gateways/default-internet-gateway"


def test_all_of_a_stack_is_found_and_deleted_with_a_line_each(api, build, left, said):
    made = build()

    assert [each.path for each in search.leftovers(api, CI)] == made
    assert removal.sweep(api, CI) == []
    assert left() == set()
    assert sorted(said) == sorted(f"deleted {path}" for path in made)


def test_without_marks_the_exact_names_of_the_asked_for_stack_do(api, build, left):
    build(marked=False)
    removal.sweep(api, CI)

    assert left() == set()


def test_of_all_stacks_only_marks_count(api, build, left):
    """A name is no proof of ownership: today's scripts make a network capo-e2e-mynetwork."""
    strange = build("mynetwork", marked=False)
    build("pr-17", cidr="10.0.4.0/24")
    removal.sweep(api, ANY)

    assert left() == set(strange)


@pytest.mark.parametrize(
    ("stack", "cluster"), [("ci-2", "capo-e2e"), ("ci", "mapo-e2e")], ids=["stack", "cluster"]
)
def test_other_stacks_stay(api, build, left, stack, cluster):
    made = build(stack, cluster=cluster)
    removal.sweep(api, CI)

    assert left() == set(made)


def test_a_description_of_somebody_elses_outweighs_the_name(api, create, left):
    body = {"name": "capo-e2e-ci", "autoCreateSubnetworks": False, "description": "of the lab"}
    network = create("networks", body)
    removal.sweep(api, CI)

    assert left() == {network}


def test_an_existing_network_is_spared_whatever_it_is_called(api, create, left):
    network = create("networks", {"name": "capo-e2e-ci", "autoCreateSubnetworks": False})
    rule = create("firewalls", {"name": "lab", "network": network, **RULE})
    spared = frozenset({"networks/capo-e2e-ci"})
    scope = Scope(cluster="capo-e2e", stack="ci", by_name=True, spared=spared)
    removal.sweep(api, scope)

    assert left() == {network, rule}


def test_rules_and_routes_of_strangers_on_our_network_go_with_it(api, build, create, left, said):
    """They block the network's deletion; Compute Engine deletes those that it made itself."""
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
    removal.sweep(api, CI)

    assert left() == kept
    strange = [line.split("/")[-1] for line in said if "not ours" in line]
    assert strange == [
        "scanner, which was not ours and held our network",
        "detour, which was not ours and held our network",
    ]


def test_rules_of_another_stack_on_our_network_stay_and_are_named(
    api, build, create, left, monkeypatch
):
    """That stack uses our network as its existing one, and still needs the rules."""
    monkeypatch.setattr(removal, "_PATIENCE_S", 0.1)
    *_, network = build()
    text = "devstack-cluster=capo-e2e devstack-stack=guest"
    rule = create(
        "firewalls", {"name": "capo-e2e-guest-ssh", "network": network, "description": text, **RULE}
    )
    [survivor] = removal.sweep(api, CI)

    assert left() == {rule, network}
    assert survivor.leftover.path == network
    assert "already being used by" in survivor.why
    assert rule in survivor.why


def test_a_disk_that_outlived_its_instance_is_ours_by_its_name(api, create, double, place):
    for name in ("capo-e2e-ci-worker", "capo-e2e-ci-data", "capo-e2e-other-worker"):
        create("disks", {"name": name, "sizeGb": "10"}, zone=ZONE)
    removal.sweep(api, CI)

    names = {entry["path"].rpartition("/")[2] for entry in double.inventory(place.project)}
    assert names == {"capo-e2e-ci-data", "capo-e2e-other-worker"}


@pytest.fixture
def image(double, place):
    """Put an image into the project; return its path."""

    def put(name, status, *, family="capo-e2e-worker", label="devstack-image"):
        body = double.publish_image(place.project, family, name)
        body |= {"status": status, "labels": {label: "worker"}}
        return f"projects/{place.project}/global/images/{name}"

    return put


def test_of_images_only_those_that_a_bake_failed_to_make_go(api, image, left, said):
    """Stacks start from the READY ones, and a bake still makes the PENDING ones."""
    failed = image("failed", "FAILED")
    kept = {
        image("ready", "READY"),
        image("pending", "PENDING"),
        image("lab", "FAILED", family="lab-worker"),
        image("odd", "FAILED", label="lab"),
    }
    removal.sweep(api, ANY)

    assert left() == kept
    assert said == [f"deleted {failed}"]


@pytest.mark.parametrize("scope", [CI, Scope(cluster="capo-e2e", region=REGION)], ids=str)
def test_no_image_belongs_to_one_stack_or_region(api, image, left, scope):
    """`down` of any stack must not look at the images of all."""
    failed = image("failed", "FAILED")
    removal.sweep(api, scope)

    assert left() == {failed}


def test_a_region_stands_for_the_stacks_that_are_nowhere_else(api, build, left):
    made = build()
    elsewhere = Scope(cluster="capo-e2e", region="europe-west4")

    assert search.leftovers(api, elsewhere) == []
    found = search.leftovers(api, Scope(cluster="capo-e2e", region=REGION))
    assert [each.path for each in found] == made
    assert left() == set(made)
