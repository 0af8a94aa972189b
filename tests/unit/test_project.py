"""The project: its schema, its imports and complete runs of the program."""

import gc
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest
import yaml

from docs.generate import schema
from stacks.settings import setting_fields
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parent.parent.parent
CONFIGURATION = {"gcp:project": "capo"}
SDK = {"pulumi", "pulumi_gcp", "pulumi_command", "grpc"}


@pytest.fixture
def run_main(run_program, monkeypatch):
    """Run __main__.py with a configuration as the engine passes it."""

    def run(**given):
        keys = {f"devstack:{key}": value for key, value in given.items()}
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(CONFIGURATION | keys))
        try:
            return run_program(lambda: runpy.run_path(str(ROOT / "__main__.py")) and None)
        finally:
            # The program switches garbage collection off; the test process still needs it.
            gc.enable()
            gc.unfreeze()

    return run


def test_pulumi_yaml_is_the_schema_of_settings():
    document = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())

    assert document["config"] == schema()
    assert {key for key in document["config"] if ":" not in key} == set(setting_fields())


def test_the_ci_stack_is_accepted(make_settings):
    document = yaml.safe_load((ROOT / "Pulumi.ci.yaml").read_text())
    given = {
        key.removeprefix("devstack:"): value if isinstance(value, str) else json.dumps(value)
        for key, value in document["config"].items()
    }

    assert make_settings(**given).release == "2026.1"


@pytest.mark.parametrize("module", ["job.cli", "job.run.job"])
def test_the_job_does_without_pulumis_sdk(module):
    """It takes 0.4 s and the provider's classes 2.5 s and 100 MB, which a job has not to spare."""
    code = f"import sys, {module}; sys.exit(not sys.modules.keys().isdisjoint({SDK}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=PATIENCE_S)

    assert done.returncode == 0


def test_importing_the_program_has_no_side_effect():
    """The import needs neither mocks nor configuration."""
    code = "import stacks.devstack, stacks.outputs"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_program_runs_twice_in_one_process(run_main):
    assert sorted(run_main().urns) == sorted(run_main().urns)


def test_a_refused_configuration_registers_nothing(run_main):
    with pytest.raises(pulumi.RunError, match="devstack:mtu: 9000 bytes"):
        run_main(mtu="9000")


def test_only_kinds_that_the_janitor_removes_are_used(run_main):
    """Boskos's janitor fails on other kinds, and the project is lost for all jobs."""
    kinds = {kind for kind, _ in run_main(workerExternalIp="true").inputs}

    assert {kind for kind in kinds if kind.startswith("gcp:")} == {
        "gcp:compute/address:Address",
        "gcp:compute/firewall:Firewall",
        "gcp:compute/instance:Instance",
        "gcp:compute/network:Network",
        "gcp:compute/router:Router",
        "gcp:compute/routerNat:RouterNat",
        "gcp:compute/subnetwork:Subnetwork",
    }


def test_every_physical_name_begins_with_cluster_and_stack(run_main):
    record = run_main(clusterName="mine")
    names = [inputs["name"] for (kind, _), inputs in record.inputs.items() if kind[:4] == "gcp:"]

    assert all(re.match(r"mine-test(-|$)", name) for name in names)


def test_no_text_shows_an_output_in_place_of_its_value(run_main):
    """An Output in an f-string would put its repr into user data."""
    text = repr(run_main().inputs)

    assert "Output object at" not in text
    assert "Calling __str__" not in text
