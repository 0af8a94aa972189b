"""Configuration: the program's own verdict, before anything is leased."""

import pytest
import yaml

from host.errors import RefusedError
from host.folders import CHECKOUT
from job.cloud import stack
from job.cloud.configuration import settings_of

PROJECT = {"gcp:project": "capo"}


@pytest.fixture
def staged(environ, tmp_path):
    """Stage the real project with a configuration."""

    def make(config, **variables):
        path = tmp_path / "settings.yaml"
        path.write_text(yaml.safe_dump({"config": config}))
        return stack.stage("ci", environ | variables, settings=path)

    return make


def test_values_of_every_kind_are_read(staged):
    settings = settings_of(
        staged(
            PROJECT
            | {
                "devstack:mtu": 1500,
                "devstack:worker": False,
                "devstack:cpuAllocationRatio": 1.5,
                "devstack:sshSourceRanges": ["192.0.2.0/24"],
                "devstack:release": "2025.1",
                "devstack:image": None,
                "devstack:config:clusterName": "older",
            }
        )
    )

    assert (settings.mtu, settings.worker, settings.cpu_allocation_ratio) == (1500, False, 1.5)
    assert settings.ssh_source_ranges == ("192.0.2.0/24",)
    assert (settings.release, settings.image, settings.cluster_name) == ("2025.1", "", "older")
    assert (settings.stack, settings.project) == ("ci", "capo")


def test_the_ci_stack_of_the_checkout_is_accepted(environ):
    staged = stack.stage("ci", environ | {"GOOGLE_CLOUD_PROJECT": "capo"})

    assert settings_of(staged).release == "2026.1"


def test_all_problems_are_told_at_once(staged):
    config = {"devstack:mtuu": 1, "devstack:internalCidr": "x", "devstack:zones": "a"}

    with pytest.raises(RefusedError) as raised:
        settings_of(staged(config))
    keys = {line.partition(": ")[0] for line in str(raised.value).splitlines()}
    assert keys == {"devstack:mtuu", "devstack:internalCidr", "devstack:zones", "gcp:project"}


def test_a_lease_stands_for_a_project(staged):
    assert settings_of(staged({}), leased=True).mtu == 1460


def test_a_project_beside_a_lease_is_a_contradiction(staged):
    """The stack would be built in that one, whatever was leased."""
    with pytest.raises(RefusedError, match="gcp:project: 'capo' is set although"):
        settings_of(staged(PROJECT), leased=True)


def test_an_encrypted_setting_is_refused(staged):
    with pytest.raises(RefusedError, match="devstack:region: it is encrypted"):
        settings_of(staged(PROJECT | {"devstack:region": {"secure": "v1:abc"}}))


def test_files_are_those_that_the_program_would_read(staged, tmp_path, monkeypatch):
    """It runs in the checkout, wherever the job was started."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitignore").write_text("another file")
    settings = settings_of(staged(PROJECT | {"devstack:localConfFile": ".gitignore"}))

    assert settings.local_conf_extra == (CHECKOUT / ".gitignore").read_text()


def test_a_path_may_begin_at_home_or_at_the_root(staged, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own").write_text("A=1")

    for path in ("~/own", str(tmp_path / "own")):
        settings = settings_of(staged(PROJECT | {"devstack:localConfFile": path}))
        assert settings.local_conf_extra == "A=1"
