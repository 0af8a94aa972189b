"""Zones: which errors mean that a zone cannot host a node, and which zone is next."""

import json
from dataclasses import replace

import pytest
import yaml

from host.errors import JobError, NoRoomError
from job.cloud.zones import Zones, departures

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
LACKS = {
    "machine type": "googleapi: Error 400: Invalid value for field 'resource.machineType':"
    " 'zones/us-east4-b/machineTypes/n2-standard-16'. Machine type with name 'n2-standard-16' does"
    " not exist in zone 'us-east4-b'., invalid",
    "platform": "googleapi: Error 400: Invalid value for field 'resource.minCpuPlatform': 'Intel"
    " Ice Lake'. CPU platform unavailable in requested zone. Valid options for this zone are: x.,"
    " invalid",
    "not found": "googleapi: Error 404: The resource"
    " 'projects/p/zones/us-east4-b/machineTypes/n2-standard-16' was not found, notFound",
}
OTHERS = {
    "quota": "Error waiting for instance to create: Quota 'N2_CPUS' exceeded.  Limit: 16.0 in"
    " region us-east4.\n\tmetric name = compute.googleapis.com/n2_cpus\n",
    "rate": "googleapi: Error 403: Rate Limit Exceeded, rateLimitExceeded",
    "unavailable": "googleapi: Error 503: Internal error. Please try again, backendError",
    "policy": "googleapi: Error 412: Constraint constraints/gcp.resourceLocations violated for"
    " 'zones/us-east4-a', conditionNotMet",
    "address": "googleapi: Error 400: IP '10.0.3.16' is already being used, IP_IN_USE",
}


def failure(message, urn=URN, severity="error"):
    return {"diagnosticEvent": {"urn": urn, "message": message, "severity": severity}}


def log(tmp_path, *events, cut=""):
    path = tmp_path / "up-01.jsonl"
    lines = "".join(f"{json.dumps(each)}\n" for each in ({"sequence": 1}, *events))
    path.write_text(lines + cut)
    return path


def roles(path):
    return {departure.role for departure in departures(path)}


@pytest.mark.parametrize("text", [*TEXTS.values(), *LACKS.values()], ids=[*TEXTS, *LACKS])
def test_a_zone_that_cannot_take_a_node_is_known_in_each_shape(tmp_path, text):
    assert roles(log(tmp_path, failure(text))) == {"worker"}
    assert roles(log(tmp_path, failure(f"1 error occurred:\n\t* {text}\n\n"))) == {"worker"}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_other_errors_move_nobody(tmp_path, text):
    assert roles(log(tmp_path, failure(text))) == set()


def test_a_warning_about_it_or_another_resource_moves_nobody(tmp_path):
    text = TEXTS["operation"]

    assert roles(log(tmp_path, failure(text, severity="warning"))) == set()
    other = URN.replace("instance:I", "disk:D")
    assert roles(log(tmp_path, failure(text, urn=other))) == set()


def test_a_departure_is_told_once_with_zone_and_reason_even_by_half_a_log(tmp_path):
    """The provider reports it twice, and a killed run may leave half a line."""
    step = {"metadata": {"urn": URN, "new": {"inputs": {"zone": "us-east4-b"}}}}
    text = LACKS["machine type"]
    path = log(
        tmp_path, {"resourcePreEvent": step}, failure(text), failure(text), cut='{"diagnosticEv'
    )
    [departure] = departures(path)

    assert (departure.role, departure.zone) == ("worker", "us-east4-b")
    assert departure.why == (
        "lacks it (Machine type with name 'n2-standard-16' does not exist in zone 'us-east4-b')"
    )


def with_settings(stack, **given):
    return replace(stack, settings=replace(stack.settings, **given))


def test_a_zone_that_is_no_longer_in_the_list_is_left(pulumi):
    """If the settings change the region, the node moves there."""
    there = {"urn": URN, "type": "gcp:compute/instance:Instance", "inputs": {"zone": "x1-a"}}
    Zones(with_settings(pulumi.stack, zones=("us-east4-b",))).choose([there])
    staged = yaml.safe_load((pulumi.stack.folder / "Pulumi.ci.yaml").read_text())

    assert staged["config"]["devstack:workerZone"] == "us-east4-b"


@pytest.fixture
def zones(pulumi):
    """Two zones to try, with no nodes yet."""
    settings = {"zones": ("a", "b"), "worker_machine_type": "n2-standard-16"}
    made = Zones(with_settings(pulumi.stack, **settings))
    made.choose([])
    return made


def test_the_last_zone_is_the_end(zones, tmp_path):
    said = []
    full = [log(tmp_path, failure(TEXTS["insert"]))]

    assert zones.move_on(full, said.append)
    assert said == ["worker: zone a has no room; trying b"]
    with pytest.raises(NoRoomError, match="worker: b has no room for it"):
        zones.move_on(full, said.append)


def test_what_no_zone_has_is_a_configuration_and_names_machine_and_zones(zones, tmp_path):
    """A typo fails in the same way in every run."""
    lacks = [log(tmp_path, failure(LACKS["machine type"]))]

    assert zones.move_on(lacks, lambda _: None)
    with pytest.raises(JobError) as raised:
        zones.move_on(lacks, lambda _: None)
    assert raised.value.kind == "configuration"
    assert str(raised.value).startswith(
        "worker: n2-standard-16 cannot be had in a, b: Machine type with name 'n2-standard-16' does"
        " not exist in zone 'us-east4-b'; change devstack:workerMachineType"
    )


@pytest.mark.parametrize("last", ["insert", "machine type"])
def test_where_one_zone_is_only_full_another_time_may_do(zones, tmp_path, last):
    texts = [(TEXTS | LACKS)[name] for name in ("machine type", "insert")]
    first, second = texts if last == "insert" else texts[::-1]

    assert zones.move_on([log(tmp_path, failure(first))], lambda _: None)
    with pytest.raises(NoRoomError, match="it was the last zone to try; try later"):
        zones.move_on([log(tmp_path, failure(second))], lambda _: None)


def test_nobody_moves_while_something_else_is_wrong_too(zones, tmp_path):
    """The other failure would return in each zone, and appear only in the last one."""
    controller = URN.replace("::worker", "::controller")
    mixed = log(tmp_path, failure(TEXTS["details"]), failure(OTHERS["policy"], urn=controller))
    closing = failure("update failed", urn="urn:pulumi:ci::devstack::pulumi:pulumi:Stack::x-ci")

    assert not zones.move_on([mixed], lambda _: None)
    assert zones.move_on([log(tmp_path, failure(TEXTS["details"]), closing)], lambda _: None)
