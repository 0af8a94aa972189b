"""Strays: found by name through Google's client, deleted in order, and nothing else touched."""

import json
import uuid
from pathlib import Path

import pytest
import yaml

from job import strays
from job.compute import Place, connect
from job.errors import JobError
from localcloud.compute_api.faults import Fault
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi

PLANS = Path(__file__).parent.parent / "engine" / "plans"
REGION = "us-east4"


@pytest.fixture
def api():
    with ComputeApi(Options()) as running:
        yield running


@pytest.fixture
def place(api):
    return Place(
        project=f"strays-{uuid.uuid4().hex[:8]}",
        region=REGION,
        prefix="capo-e2e-ci",
        endpoint=api.url,
        access_token="any",
    )


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
def everything(place, create):
    """A network, a subnetwork and an instance in it, by name."""

    def build(prefix):
        home = f"projects/{place.project}"
        network = create("networks", {"name": prefix, "autoCreateSubnetworks": False})
        subnetwork = create(
            "subnetworks",
            {"name": prefix, "network": network, "ipCidrRange": "10.0.3.0/24"},
            region=REGION,
        )
        image = "projects/debian-cloud/global/images/family/debian-12"
        instance = create(
            "instances",
            {
                "name": f"{prefix}-controller",
                "machineType": f"{home}/zones/us-east4-b/machineTypes/n2-standard-16",
                "disks": [
                    {"boot": True, "autoDelete": True, "initializeParams": {"sourceImage": image}}
                ],
                "networkInterfaces": [{"subnetwork": subnetwork}],
            },
            zone="us-east4-b",
        )
        return [instance, subnetwork, network]

    return build


def left(api, place):
    return {entry["path"] for entry in api.inventory(place.project)}


def test_all_of_the_stack_is_deleted_users_first(api, place, everything):
    assert strays.remove(place, set()) == []
    made = everything("capo-e2e-ci")

    assert strays.remove(place, set()) == made
    assert left(api, place) == set()


def test_what_the_state_knows_stays(api, place, everything):
    _, subnetwork, network = everything("capo-e2e-ci")
    removed = strays.remove(place, {subnetwork, network})

    assert len(removed) == 1
    assert left(api, place) == {subnetwork, network}


def test_a_stack_whose_name_begins_alike_stays(api, place, everything):
    """capo-e2e-ci-2 is somebody else's."""
    made = everything("capo-e2e-ci-2")

    assert strays.remove(place, set()) == []
    assert left(api, place) >= set(made)


@pytest.mark.parametrize("reason", ["resourceInUseByAnotherResource", "resourceNotReady"])
def test_what_is_busy_is_tried_again(api, place, everything, monkeypatch, reason):
    """Compute Engine still counts a user that it is about to delete."""
    monkeypatch.setattr(strays, "_RETRY_S", 0.01)
    everything("capo-e2e-ci")
    api.add_fault(Fault(method="networks.delete", kind="error", status=400, reason=reason))
    strays.remove(place, set())

    assert left(api, place) == set()
    assert api.remaining_faults() == []


def test_what_cannot_be_deleted_is_named(api, place, everything):
    everything("capo-e2e-ci")
    api.deny("networks.delete")

    with pytest.raises(JobError, match="networks/capo-e2e-ci was not deleted"):
        strays.remove(place, set())


def test_every_name_of_the_program_is_known():
    """A kind of resource that the program gains must be found too."""
    planned = {
        resource["inputs"]["name"]
        for path in PLANS.glob("*.yaml")
        for resource in yaml.safe_load(path.read_text()).values()
        if resource["type"].startswith("gcp:") and "routerNat" not in resource["type"]
    }

    assert planned <= strays.names("capo-e2e-test"), json.dumps(sorted(planned))
