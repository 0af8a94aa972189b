"""Zones: which errors mean that a zone is full, and where nodes are put."""

import json

import pytest
import yaml

from job.errors import NoRoomError
from job.zones import Zones, without_room

URN = "urn:pulumi:ci::devstack::devstack:index:DevStack$gcp:compute/instance:Instance::worker"
TEXTS = {
    "operation": "Error waiting for instance to create: The zone 'projects/p/zones/us-east4-a' does"
    " not have enough resources available to fulfill the request.  Try a different zone, or try"
    " again later.",
    "details": "The zone 'projects/p/zones/us-east4-a' does not have enough resources available to"
    " fulfill the request.  '(resource type:compute)'.",
    "insert": "Error creating instance: googleapi: Error 503: The zone is full, "
    "ZONE_RESOURCE_POOL_EXHAUSTED",
    "insert with details": "googleapi: Error 503: x, ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
}
OTHERS = {
    "quota": "Error waiting for instance to create: Quota 'N2_CPUS' exceeded.  Limit: 16.0 in"
    " region us-east4.\n\tmetric name = compute.googleapis.com/n2_cpus\n",
    "rate": "googleapi: Error 403: Rate Limit Exceeded, rateLimitExceeded",
    "unavailable": "googleapi: Error 503: Internal error. Please try again, backendError",
    "address": "googleapi: Error 400: IP '10.0.3.16' is already being used, IP_IN_USE",
}


def log(tmp_path, message, urn=URN, severity="error"):
    path = tmp_path / "up-01.jsonl"
    event = {"diagnosticEvent": {"urn": urn, "message": message, "severity": severity}}
    path.write_text("".join(f"{json.dumps(each)}\n" for each in ({"sequence": 1}, event)))
    return path


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_full_zone_is_known_in_each_shape(tmp_path, text):
    assert without_room(log(tmp_path, text)) == {"worker"}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_other_errors_move_nobody(tmp_path, text):
    assert without_room(log(tmp_path, text)) == set()


def test_a_warning_about_it_or_another_resource_moves_nobody(tmp_path):
    text = TEXTS["operation"]

    assert without_room(log(tmp_path, text, severity="warning")) == set()
    assert without_room(log(tmp_path, text, urn=URN.replace("instance:I", "disk:D"))) == set()


def test_a_zone_that_is_no_longer_in_the_list_is_left(pulumi):
    """The settings moved to another region: the node follows."""
    there = {"urn": URN, "type": "gcp:compute/instance:Instance", "inputs": {"zone": "x1-a"}}
    pulumi.stack.override({"devstack:zones": ["us-east4-b"]})
    Zones(pulumi.stack).choose([there])
    staged = yaml.safe_load((pulumi.stack.folder / "Pulumi.ci.yaml").read_text())

    assert staged["config"]["devstack:workerZone"] == "us-east4-b"


def test_the_last_zone_is_the_end(pulumi, tmp_path):
    pulumi.stack.override({"devstack:zones": ["a", "b"]})
    said, zones = [], Zones(pulumi.stack)
    zones.choose([])
    full = [log(tmp_path, TEXTS["insert"])]

    assert zones.move_on(full, said.append)
    assert said == ["worker: zone a has no room; trying b"]
    with pytest.raises(NoRoomError, match="worker: b has no room for it"):
        zones.move_on(full, said.append)
