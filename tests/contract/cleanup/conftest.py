"""A project on the double, stacks in it that have no state, and a cleanup client."""

import uuid

import pytest

from host.ending import Ending
from job.cloud.cleanup import removal
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.compute import connect
from job.cloud.place import Place
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi

REGION = "us-east4"
ZONE = "us-east4-b"
IMAGE = "projects/debian-cloud/global/images/family/debian-12"
RULE = {"allowed": [{"IPProtocol": "tcp"}], "sourceRanges": ["192.0.2.0/24"]}


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
    endpoint, token = double.url, "any"
    return Place(project=project, region=REGION, endpoint=endpoint, access_token=token)


@pytest.fixture
def said():
    """The lines that cleanup printed."""
    return []


@pytest.fixture
def api(place, ending, said, monkeypatch):
    monkeypatch.setattr(removal, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("job.cloud.compute._FIRST_PAUSE_S", 0.01)
    return Api(place, Budget(60, ending), said.append)


@pytest.fixture
def create(place):
    """Create a resource in the project, with the client that cleanup uses; return its path."""
    compute = connect(place)

    def insert(collection, body, **where):
        methods = getattr(compute, collection)()
        methods.insert(project=place.project, body=body, **where).execute()
        scope = "/".join(f"{key}s/{value}" for key, value in where.items()) or "global"
        return f"projects/{place.project}/{scope}/{collection}/{body['name']}"

    return insert


@pytest.fixture
def build(create):
    """Build a stack without state: every kind of resource, marked as the program marks it."""

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
    """Return the paths in the project, without disks, which are deleted with their instances."""

    def look():
        found = {entry["path"] for entry in double.inventory(place.project)}
        return {path for path in found if "/disks/" not in path}

    return look
