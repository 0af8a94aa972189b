"""The job: everything in order, each result in its place, and nothing left."""

import json
import os
import stat
from xml.etree import ElementTree as ET

from localcloud.machines.node_status import Course
from tests.job.prow import zones

PHASES = ["preflight", "boskos", "project", "prerequisites", "up", "upload", "controller ready"]
TEARDOWN = ["tests", "logs", "destroy"]


def test_a_job_from_checkout_to_teardown(prow):
    """The worker is built meanwhile: its AZ comes during the tests, which begin without it."""
    prow.site.pages["/zones"] = zones("testaz1")
    job = prow.start()
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    prow.site.pages["/zones"] = zones("testaz1", "testaz2")
    ended = prow.end(job)

    assert ended.code == 0, ended.output
    assert prow.targets[:3] == ["e2e-image", "e2e-prerequisites", "build-e2e-tests"]
    assert prow.targets[-1] == "test-e2e"
    assert ended.spans() == dict.fromkeys([*PHASES, *TEARDOWN], "passed")
    assert prow.inventory() == set()
    assert prow.releases == ["dirty"]
    assert list((prow.folder / "state").glob("stacks/*")) == []
    prow.require_no_secret(ended)


def test_its_log_is_for_people(prow):
    """A good run says nothing of errors, and a file has no escape codes."""
    ended = prow.run()
    log = ended.read("job.log")

    assert "PASSED in " in log
    assert [line for line in log.splitlines() if "ERROR" in line or "Traceback" in line] == []
    texts = [path.read_bytes() for path in ended.artifacts.rglob("*") if path.is_file()]
    assert [text for text in texts if b"\x1b" in text] == []


def test_its_artifacts_tell_the_whole_story(prow):
    prow.nodes.courses |= {"controller": Course(verdict_after_s=4), "worker": Course(6)}
    ended = prow.run()
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


def test_prerequisites_are_built_politely_beside_the_cloud(prow):
    ended = prow.run(STANDIN_SLEEP_S="1")
    spans = {
        span["name"]: span
        for span in json.loads(ended.read("timeline.json"))["spans"]
        if span["lane"] == "job"
    }
    lines = (prow.folder / "targets.jsonl").read_text().splitlines()
    targets = [json.loads(line) for line in lines]

    assert spans["prerequisites"]["began"] < spans["up"]["ended"]
    assert spans["up"]["began"] < spans["prerequisites"]["ended"]
    usual = os.nice(0)
    assert [target["nice"] for target in targets[:3]] == [min(usual + 10, 19)] * 3
    assert targets[-1]["nice"] == usual


def test_no_cloud_of_the_users_own_is_written_over(prow):
    """clouds.yaml is in the state, for its owner alone, and the suite is told where."""
    mine = prow.folder / "capo" / "clouds.yaml"
    mine.write_text("clouds: {}\n")
    job = prow.start(STANDIN_HANG="test-e2e")
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    [written] = (prow.folder / "state").rglob("clouds.yaml")
    mode = stat.S_IMODE(written.stat().st_mode)
    job.terminate()
    prow.end(job)

    assert mode == 0o600
    assert mine.read_text() == "clouds: {}\n"
    assert not written.exists()


def test_a_rerun_of_the_same_job_finds_its_cloud(prow):
    """Nothing is created a second time."""
    job = prow.start(STANDIN_HANG="test-e2e")
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    prow.kill(job)
    ended = prow.run(BOSKOS_HOST="", BOSKOS_RESOURCE_NAME=prow.project)

    assert ended.code == 0, ended.output
    assert len(prow.operations("instances.insert")) == 2
    assert prow.inventory() == set()


def test_a_failed_cloud_can_be_kept_for_a_while(prow):
    given = {"BOSKOS_HOST": "", "GCP_PROJECT": prow.project}
    ended = prow.run(STANDIN_FAIL="test-e2e", DEVSTACK_KEEP_ON_FAILURE_S="3600", **given)

    assert ended.code == 1
    assert "keep: stack e2e-1 stays for 3600 s" in ended.output
    assert {path for path in prow.inventory() if "/instances/" in path} != set()
    assert prow.job("down", "--stack", "e2e-1").returncode == 0
    assert prow.inventory() == set()


def test_conformance_needs_neither_archive_nor_second_zone(prow):
    ended = prow.run("ci-conformance.sh", STANDIN_CHECKS="environment clouds identity")

    assert ended.code == 0, ended.output
    assert prow.targets[-1] == "test-conformance"
    assert "upload" not in ended.spans()
    assert prow.inventory() == set()
