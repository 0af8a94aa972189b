"""Prow's job definitions: valid, within their own limits, and understood by the job."""

import re
from argparse import ArgumentParser
from pathlib import Path, PurePosixPath

import pytest
import yaml

from job.bake import options as bake
from job.cloud.boskos.lease import Pace
from job.run.environment import reading
from job.run.environment.job_environment import JobEnvironment
from job.run.environment.variables import ANY_SETTING, VARIABLES

ROOT = Path(__file__).parent.parent.parent
_REPOSITORY = "kubernetes-sigs/cluster-api-provider-openstack"
_CAPO, _OURS = "sigs.k8s.io/cluster-api-provider-openstack", "sigs.k8s.io/devstack"
_UNITS = {"h": 3600, "m": 60, "s": 1}
# Keys of Prow's job API, common and by kind of job. Prow refuses other keys.
_COMMON = {"name", "cluster", "labels", "decorate", "decoration_config", "extra_refs", "spec"}
_COMMON |= {"annotations", "max_concurrency"}
_KEYS = {
    "presubmits": _COMMON
    | {"branches", "always_run", "optional", "skip_if_only_changed", "path_alias"},
    "periodics": _COMMON | {"interval"},
}


def _load(name):
    document = yaml.safe_load((ROOT / f"prow/{name}.yaml").read_text())
    presubmits = document.get("presubmits", {}).get(_REPOSITORY, [])
    return [
        *(("presubmits", job) for job in presubmits),
        *(("periodics", job) for job in document.get("periodics", [])),
    ]


JOBS = [found for name in ("presubmits", "periodics", "canary") for found in _load(name)]
_NAMES = [job["name"] for _, job in JOBS]
every_job = pytest.mark.parametrize("job", [job for _, job in JOBS], ids=_NAMES)
every_job_by_kind = pytest.mark.parametrize(("kind", "job"), JOBS, ids=_NAMES)


def container(job):
    (only,) = job["spec"]["containers"]
    return only


def variables(job):
    return {entry["name"]: entry["value"] for entry in container(job)["env"]}


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)([hms])", text).groups()
    return int(number) * _UNITS[unit]


[(_, BAKE)] = _load("bake")


def test_names_and_tabs_are_used_once():
    jobs = [BAKE, *(job for _, job in JOBS)]
    for names in (
        [job["name"] for job in jobs],
        [job["annotations"]["testgrid-tab-name"] for job in jobs],
    ):
        assert len(names) == len(set(names))


@pytest.mark.parametrize(("kind", "job"), [*JOBS, ("periodics", BAKE)])
def test_a_job_says_only_what_prow_knows(kind, job):
    assert set(job) <= _KEYS[kind]
    assert re.fullmatch(r"[A-Za-z0-9-._]{1,63}", job["name"])
    assert job["decorate"] is True


@every_job
def test_every_variable_is_one_that_the_job_knows(job):
    """A misspelt variable would have no effect."""
    unknown = {
        name
        for name in variables(job)
        if name not in VARIABLES and not name.startswith(ANY_SETTING)
    }

    assert not unknown
    assert all(isinstance(value, str) for value in variables(job).values())


@every_job
def test_a_job_is_accepted_with_its_variables(job, tmp_path):
    """Together with the variables that Prow and its presets set."""
    given = variables(job) | {
        "ARTIFACTS": "/logs/artifacts",
        "BUILD_ID": "1993123456789012345",
        "DOCKER_IN_DOCKER_ENABLED": "true",
        "GOOGLE_APPLICATION_CREDENTIALS": "/etc/service-account/service-account.json",
    }
    read = reading.read(given, tmp_path)

    assert (read.leases, read.warnings) == (True, ())


@every_job
def test_a_job_gets_what_it_needs_of_its_pod(job):
    """With less, kind's API server starves (test-infra's pull request 37521)."""
    resources = container(job)["resources"]

    assert resources["requests"] == resources["limits"]
    assert int(resources["requests"]["cpu"]) >= 4
    assert int(resources["requests"]["memory"].removesuffix("Gi")) >= 6
    assert container(job)["securityContext"] == {"privileged": True}
    assert job["labels"] == {"preset-service-account": "true", "preset-dind-enabled": "true"}


@every_job
def test_a_job_ends_itself_before_prow_does(job):
    """Prow would stop Docker during the teardown and leave the job only seconds."""
    limits = job["decoration_config"]
    deadline_s = float(variables(job)["DEVSTACK_DEADLINE_S"])

    assert deadline_s + JobEnvironment.teardown_budget_s <= seconds(limits["timeout"])
    assert JobEnvironment.teardown_budget_s <= seconds(limits["grace_period"])
    assert JobEnvironment.logs_cap_s + Pace.release_limit_s < JobEnvironment.teardown_budget_s


@every_job
def test_a_job_waits_for_a_project_within_its_deadline(job):
    """Time must remain for DevStack, 45 minutes, and for an hour of tests."""
    deadline_s = float(variables(job)["DEVSTACK_DEADLINE_S"])

    assert JobEnvironment.boskos_wait_s + (45 + 60) * 60 <= deadline_s


@every_job_by_kind
def test_the_script_is_where_the_job_looks_for_it(kind, job):
    """The path leads from CAPO's checkout, Prow's working directory, to this program's."""
    refs = [ref["path_alias"] for ref in job["extra_refs"]]
    if kind == "presubmits":
        refs.insert(0, job["path_alias"])
    runner, script = container(job)["command"]
    parts = []
    for part in PurePosixPath(refs[0], script).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    ours = PurePosixPath(*parts).relative_to(_OURS)

    assert (runner, refs) == ("runner.sh", [_CAPO, _OURS])
    assert (ROOT / ours).stat().st_mode & 0o111


def test_the_bake_is_a_command_that_the_job_accepts():
    """Its teardown of two stacks ends before Prow kills the pod."""
    runner, script, *words = container(BAKE)["command"]
    parser = ArgumentParser()
    bake.add_options(parser)
    options = bake.options_of(parser.parse_args(words))
    [ours] = BAKE["extra_refs"]

    assert (runner, ours["path_alias"]) == ("runner.sh", _OURS)
    assert (ROOT / script).stat().st_mode & 0o111
    assert (ROOT / variables(BAKE)["DEVSTACK_SETTINGS"]).is_file()
    assert 2 * options.budget_s < seconds(BAKE["decoration_config"]["grace_period"])


@pytest.mark.parametrize(
    ("end", "script", "focus"),
    [
        ("e2e-test", "ci-e2e.sh", {"E2E_GINKGO_FOCUS": r"\[PR-Blocking\]"}),
        (
            "e2e-full-test",
            "ci-e2e.sh",
            {"E2E_GINKGO_SKIP": r"\[PR-Blocking\]", "E2E_GINKGO_PARALLEL": "1"},
        ),
        ("conformance-test", "ci-conformance.sh", {}),
    ],
)
def test_a_job_runs_the_tests_that_it_runs_today(end, script, focus):
    names = {f"pull-cluster-api-provider-openstack-{end}"}
    names.add(f"periodic-cluster-api-provider-openstack-{end}-main")
    found = [job for _, job in JOBS if job["name"] in names]

    assert len(found) == 2
    for job in found:
        given = variables(job)
        assert PurePosixPath(container(job)["command"][1]).name == script
        assert {name: given[name] for name in given if name.startswith("E2E_")} == focus


def test_the_canary_blocks_nothing_and_alerts_nobody():
    for kind, job in _load("canary"):
        assert "canary" in job["name"]
        assert not any("alert" in key for key in job["annotations"])
        if kind == "presubmits":
            assert (job["always_run"], job["optional"]) == (False, True)
            assert "skip_if_only_changed" not in job, "it would run by itself"


def test_the_canary_runs_what_is_to_take_its_place():
    """Otherwise its success would prove nothing about the job that replaces it."""
    others = {job["name"]: job for _, job in JOBS}
    for _, job in _load("canary"):
        other = others[job["name"].replace("-canary", "")]

        assert job["spec"] == other["spec"]
        assert job["decoration_config"] == other["decoration_config"]
        assert job["extra_refs"] == other["extra_refs"]
