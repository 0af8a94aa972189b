"""A whole job, with every expensive part replaced: which settings it reads, and how often."""

import json
from types import SimpleNamespace

import pytest
import yaml

from host.errors import RefusedError
from job.cloud import stack
from job.run import job
from job.run.phases import first_checks, teardown
from job.run.preflight.findings import Report
from stacks.validation import names

OUTPUTS = {
    "zones": {},
    "baked_images": {},
    "controller_public_ip": "192.0.2.1",
    "e2e_variables": {},
}


@pytest.fixture
def calls(monkeypatch):
    """Record the calls of a function, which still does its work."""

    def watch(module, name):
        made, real = [], getattr(module, name)

        def call(*args, **kwargs):
            made.append(args)
            return real(*args, **kwargs)

        monkeypatch.setattr(module, name, call)
        return made

    return watch


@pytest.fixture
def tested(monkeypatch, cli):
    """Make every phase succeed at once; after the run, has the settings that the suite saw."""
    cli.answer("stack ls", stdout='[{"name": "organization/devstack/e2e"}]')
    cli.answer("stack output", stdout=json.dumps(OUTPUTS))
    found = SimpleNamespace(staged=None, waited_s=None)

    def build(_context):
        return SimpleNamespace(wait=lambda: None, close=lambda: None)

    def watch(_context, _access, _images):
        def wait_for_controller(timeout_s):
            found.waited_s = timeout_s

        return SimpleNamespace(
            wait_for_controller=wait_for_controller, tests_begin=lambda: None, close=lambda: None
        )

    def write(_outputs, folder):
        return folder, folder

    def test(_context, folder, _variables):
        found.staged = yaml.safe_load((folder / "Pulumi.e2e.yaml").read_text())["config"]

    for module, name, replacement in (
        (first_checks.checks, "before_lease", lambda *_, **__: Report()),
        (first_checks.checks, "of_project", lambda *_, **__: Report()),
        (first_checks, "Api", lambda *_: None),
        (first_checks, "leftovers", lambda *_: []),
        (job, "Prerequisites", build),
        (job, "Nodes", watch),
        (job.ssh, "nodes", lambda *_: {}),
        (job.e2e_files, "write", write),
        (job.suite, "run", test),
        (teardown.logs, "collect", lambda *_: None),
    ):
        monkeypatch.setattr(module, name, replacement)
    return found


@pytest.fixture
def run(environ, boskos_server, tmp_path):
    """Run the conformance job, which leases its project."""

    def start(**given):
        leased = {"BOSKOS_HOST": boskos_server.host, "DEVSTACK_TUNNEL": "none"}
        job.run("conformance", tmp_path / "capo", environ | leased | given)

    return start


def test_a_job_reads_its_settings_once_and_stages_them_once(run, tested, sweeps, calls):
    """All phases use the same settings, even if the files change meanwhile."""
    validated, staged = calls(names, "check"), calls(stack, "stage")
    run(CLUSTER_NAME="mine", DEVSTACK_SET_readyTimeoutS="77")

    assert (len(validated), len(staged)) == (1, 1)
    assert tested.waited_s == 77
    [(scope, _)] = sweeps.asked
    assert (scope.cluster, scope.stack) == ("mine", "e2e")


def test_the_engine_is_given_the_leased_project(run, tested, state_of):
    """The project is known only after the stack was staged."""
    run()

    assert tested.staged["gcp:project"] == "one"
    assert state_of("one") == "dirty"


@pytest.mark.usefixtures("tested")
def test_refused_settings_lease_and_stage_nothing(run, boskos_server, environ):
    with pytest.raises(RefusedError, match=r"FLOATING_RANGE: devstack:floatingCidr: 'nonsense'"):
        run(FLOATING_RANGE="nonsense")

    assert boskos_server.asked == []
    assert not stack.exists("e2e", environ)
