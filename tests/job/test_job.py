"""The job: all phases in order, each result in its place, and no resources left.

With the real engine. One whole job, which passed, is shared by most tests.
"""

import json
import os
from xml.etree import ElementTree as ET

import pytest

from tests.job.prow import require_no_secret

PHASES = ["preflight", "boskos", "project", "prerequisites", "up", "upload", "controller ready"]
TEARDOWN = ["tests", "logs", "destroy"]


@pytest.fixture
def engine(real_engine):
    return real_engine


def test_a_job_from_checkout_to_teardown(whole):
    """The tests start before the worker is done; its AZ appears while they run."""
    targets = [line["target"] for line in whole.targets]

    assert whole.ended.code == 0, whole.ended.output
    assert targets[:3] == ["e2e-image", "e2e-prerequisites", "build-e2e-tests"]
    assert targets[-1] == "test-e2e"
    assert whole.ended.spans() == dict.fromkeys([*PHASES, *TEARDOWN], "passed")
    assert whole.inventory == set()
    assert whole.releases == ["dirty"]
    assert whole.stacks == []
    require_no_secret(whole.ended, whole.secrets)


def test_its_end_is_prows(whole):
    """The entrypoint records the exit status and keeps the job's output."""
    assert (whole.ended.code, whole.marker) == (0, "0"), whole.ended.output
    assert whole.ended.output.startswith(whole.log)


def test_its_log_is_for_people(whole):
    """The log of a passed job mentions no errors, and no artifact has escape codes."""
    log = whole.ended.read("job.log")

    assert "PASSED in " in log
    assert [line for line in log.splitlines() if "ERROR" in line or "Traceback" in line] == []
    texts = [path.read_bytes() for path in whole.ended.artifacts.rglob("*") if path.is_file()]
    assert [text for text in texts if b"\x1b" in text] == []


def test_its_artifacts_tell_the_whole_story(whole):
    ended = whole.ended
    suite = ET.fromstring(ended.read("junit.job.xml"))  # noqa: S314 - the job's own
    resources = ended.spans("resources")

    assert {case.get("name") for case in suite.iter("testcase")} == {*PHASES, *TEARDOWN}
    assert suite.get("failures") == "0"
    assert resources["controller (Instance)"] == "passed"
    assert resources["delete controller (Instance)"] == "passed"
    assert ended.spans("controller")
    assert ended.spans("worker")
    assert "tests" in ended.read("timeline.svg")
    assert json.loads(ended.read("preflight.json"))
    for role in ("controller", "worker"):
        assert any((ended.artifacts / role).iterdir()), role


def test_prerequisites_are_built_politely_beside_the_cloud(whole):
    spans = {
        span["name"]: span
        for span in json.loads(whole.ended.read("timeline.json"))["spans"]
        if span["lane"] == "job"
    }

    assert spans["prerequisites"]["began"] < spans["up"]["ended"]
    assert spans["up"]["began"] < spans["prerequisites"]["ended"]
    usual = os.nice(0)
    assert [target["nice"] for target in whole.targets[:3]] == [min(usual + 10, 19)] * 3
    assert whole.targets[-1]["nice"] == usual


def test_a_rerun_of_the_same_job_finds_its_cloud(prow):
    """It adopts the existing resources instead of creating them again."""
    job = prow.start(STANDIN_HANG="test-e2e")
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    prow.kill(job)
    ended = prow.run(BOSKOS_HOST="", BOSKOS_RESOURCE_NAME=prow.project)

    assert ended.code == 0, ended.output
    assert len(prow.operations("instances.insert")) == 2
    assert prow.inventory() == set()


def test_conformance_needs_neither_archive_nor_second_zone(prow):
    ended = prow.run("ci-conformance.sh", STANDIN_CHECKS="environment clouds identity")

    assert ended.code == 0, ended.output
    assert prow.targets[-1] == "test-conformance"
    assert "upload" not in ended.spans()
    assert prow.inventory() == set()
