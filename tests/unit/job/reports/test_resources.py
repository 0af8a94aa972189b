"""Resources: spans from an event log of the engine, complete or cut off."""

import json

import pytest

from job.redaction.known import SECRETS
from job.reports import resources

URN = "urn:pulumi:ci::devstack::devstack:node:Node$gcp:compute/instance:Instance::controller"
KIND = "gcp:compute/instance:Instance"


def event(kind, at, op="create", urn=URN, type_=KIND, **more):
    return {"timestamp": at, kind: {"metadata": {"op": op, "urn": urn, "type": type_}, **more}}


@pytest.fixture
def spans(run, tmp_path):
    """Return the spans of these events."""

    def read(*events, cut=""):
        log = tmp_path / "up-01.jsonl"
        log.write_text("".join(json.dumps(each) + "\n" for each in events) + cut)
        resources.add_to(run.timeline, log)
        return [(s.name, s.verdict, s.note, (s.ended - s.began).seconds) for s in run.spans]

    return read


def test_a_creation_takes_from_its_step_to_its_outputs(spans):
    assert spans(event("resourcePreEvent", 100), event("resOutputsEvent", 130)) == [
        ("controller (Instance)", "passed", "", 30)
    ]


def test_other_changes_are_named(spans):
    log = [event(kind, 1, op="delete") for kind in ("resourcePreEvent", "resOutputsEvent")]

    assert spans(*log)[0][0] == "delete controller (Instance)"


@pytest.mark.parametrize("op", ["same", "read", "refresh"])
def test_what_stays_as_it_is_takes_no_place(spans, op):
    assert spans(event("resourcePreEvent", 1, op=op), event("resOutputsEvent", 2, op=op)) == []


def test_groups_of_resources_take_no_place(spans):
    group = {"type_": "devstack:node:Node"}

    assert spans(event("resourcePreEvent", 1, **group), event("resOutputsEvent", 2, **group)) == []


def test_a_failure_has_the_providers_reason_in_one_line(spans):
    message = (
        "<{%reset%}>1 error occurred:\n\t* Error creating Instance: 403, forbidden<{%reset%}>\n"
    )
    told = {"urn": URN, "severity": "error", "message": message}

    assert spans(
        event("resourcePreEvent", 1),
        {"timestamp": 2, "diagnosticEvent": told},
        event("resOpFailedEvent", 3),
    ) == [("controller (Instance)", "failed", "Error creating Instance: 403, forbidden", 2)]


def test_what_a_killed_run_began_is_interrupted(spans):
    """The last line of its log is incomplete."""
    log = (event("resourcePreEvent", 1), {"timestamp": 9, "diagnosticEvent": {}})

    assert spans(*log, cut='{"sequence": 3, "time') == [
        ("controller (Instance)", "interrupted", "", 8)
    ]


def test_a_log_that_is_not_there_says_nothing(run, tmp_path):
    resources.add_to(run.timeline, tmp_path / "none")

    assert run.spans == []


def test_a_secret_that_a_cut_would_halve_is_masked_first(spans):
    SECRETS.learn(["canary-0123456789"])
    told = {"severity": "error", "urn": URN, "message": f"{'x' * 295}canary-0123456789"}
    log = [
        event("resourcePreEvent", 1),
        {"timestamp": 2, "diagnosticEvent": told},
        event("resOpFailedEvent", 3),
    ]

    assert spans(*log)[0][2] == f"{'x' * 295}***"
