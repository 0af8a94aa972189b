"""Refusals: the error names the key and the remedy, and nothing is created."""

import os

import pytest

from host.folders import cache_dir
from localcloud.compute_api.faults import Fault
from localcloud.stack_settings import BEARER

BAD = {
    "mtuu": 1460,
    "internalCidr": "10.0.3.7/24",
    "vcpuQuota": 20,
    "release": "2026.1",
    "controllerMachineType": "e2-standard-16",
    "sshAuthorizedKeysFile": "/nonexistent",
    "secondaryAz": "testaz1",
    "additionalServices": ["ovs-switchd"],
}
TOLD = (
    "devstack:mtuu: unknown key; did you mean 'mtu'?",
    "use '10.0.3.0/24'",
    "16 + 8 = 24 vCPUs are more than the quota of 20",
    "'2026.1' does not run on ubuntu-22.04",
    "E2 machines do not nest",
    "cannot read '/nonexistent'",
    "'testaz1' is the primary AZ too",
    "did you mean 'ovs-vswitchd'?",
)


@pytest.mark.parametrize(
    ("config", "told"),
    [(BAD, TOLD), ({"mtu": "large"}, ["devstack:mtu: it must be"])],
    ids=["by the program", "by the engine"],
)
def test_a_bad_configuration_is_refused(cloud, config, told):
    """The program reports all problems at once. Unit tests cover what each setting refuses."""
    done = cloud.job("up", check=False, **config)

    assert done.code == 2, done.out + done.err
    assert [line for line in told if line not in done.err] == []
    assert "Traceback" not in done.out + done.err
    assert cloud.inventory() == set()


def test_all_problems_are_shown_at_once(cloud):
    done = cloud.job("preview", check=False, mtu=1, internalCidr="x", wrong=1)
    keys = ("devstack:mtu: ", "devstack:internalCidr: ", "devstack:wrong: ")

    assert done.code == 2
    assert all(key in done.err for key in keys)


def test_a_missing_project_is_refused(cloud):
    cloud.project = ""
    for name in ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"):
        cloud.environment[name] = ""
    done = cloud.job("up", check=False)

    assert done.code == 2
    assert "gcp:project: no Google Cloud project" in done.err


def test_a_wrong_passphrase_is_named(standing):
    standing.environment["PULUMI_CONFIG_PASSPHRASE"] = "wrong"
    done = standing.job("preview", check=False)

    assert done.code == 2
    assert done.err.strip().splitlines()[-1].startswith("passphrase: ")


@pytest.mark.parametrize(
    ("refused", "line"), [("credentials", "credentials: "), ("project", "project: ")]
)
def test_refused_credentials_and_projects_are_named(cloud, refused, line):
    if refused == "project":
        cloud.api.refuse_project(cloud.project, 404)
    else:
        cloud.access_token = f"{BEARER}-refused-by-{cloud.project}"
        cloud.api.refuse_token(cloud.access_token, 401)
    done = cloud.job("up", check=False)

    assert done.code != 0
    assert any(text.startswith(line) for text in done.err.splitlines())
    assert cloud.inventory() == set()


def test_absent_credentials_are_named(cloud, tmp_path):
    """A job that moved to a cluster without credentials must fail within seconds."""
    cloud.access_token = None
    cloud.environment |= {"HOME": str(tmp_path), "GOOGLE_APPLICATION_CREDENTIALS": "/nonexistent"}
    cloud.environment |= {"DEVSTACK_CACHE_DIR": str(cache_dir(os.environ))}
    done = cloud.job("up", check=False)

    assert done.code == 1
    assert any(text.startswith("credentials: there are none") for text in done.err.splitlines())
    assert cloud.inventory() == set()


def test_a_missing_plugin_is_named_with_its_version(cloud, tmp_path):
    """The engine must not download a plugin in the middle of a job."""
    cloud.environment["PULUMI_HOME"] = str(tmp_path / "empty")
    cloud.environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    done = cloud.job("up", check=False)

    assert done.code == 1
    assert "plugin: " in done.err
    assert "pulumi plugin install resource" in done.err
    assert cloud.inventory() == set()


def test_a_refusal_that_is_in_no_table_is_told_in_google_clouds_words(cloud):
    """The error also has the status, the reason and the resource."""
    constraint = (
        "Constraint constraints/compute.vmExternalIpAccess violated for project 12345. Add"
        " instance projects/p/zones/us-east4-a/instances/x to the constraint to use"
        " external IP with it."
    )
    for status, reason, message in (
        (412, "conditionNotMet", constraint),
        (409, "someNewReason", "Nobody has seen this before."),
    ):
        fault = {"kind": "error", "status": status, "reason": reason, "message": message}
        cloud.api.add_fault(
            Fault(method="instances.insert", project=cloud.project, times=2, **fault)
        )
        done = cloud.job("up", check=False)
        cloud.api.clear_faults()
        last = done.err.strip().splitlines()[-1]

        assert done.code == 1
        assert last.startswith("pulumi up: Google Cloud refuses ")
        assert f" ({status} {reason}): {message.rstrip('.')}; " in last
    cloud.job("down")
    assert cloud.inventory() == set()
