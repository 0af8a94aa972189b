"""Configuration: lenient reading of any settings file, and the program's own strict verdict."""

import pytest
import yaml

from host.folders import CHECKOUT
from job.cloud import configuration, stack
from job.cloud.configuration import provider_settings

PROJECT = {"gcp:project": "capo"}


def read(config, **variables):
    return configuration.read({"config": config}, stack="ci", environ=variables).settings


def parse(config, project="capo"):
    """Return the settings and a line for each problem."""
    settings, problems = configuration.parse(config, stack="ci", project=project)
    return settings, [str(problem) for problem in problems]


@pytest.mark.parametrize(
    "given",
    [read, lambda config: parse(config)[0]],
    ids=["as they are", "validated"],
)
def test_values_of_every_kind_are_read(given):
    settings = given(
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

    assert (settings.mtu, settings.worker, settings.cpu_allocation_ratio) == (1500, False, 1.5)
    assert settings.ssh_source_ranges == ("192.0.2.0/24",)
    assert (settings.release, settings.image, settings.cluster_name) == ("2025.1", "", "older")
    assert (settings.stack, settings.project) == ("ci", "capo")


def test_both_readers_have_the_defaults_of_the_program():
    assert read(PROJECT) == parse(PROJECT)[0]


def test_what_a_newer_program_refuses_is_read_all_the_same():
    """`down` must find the resources that an older version created."""
    config = PROJECT | {"devstack:gone": 1, "devstack:region": "Mars", "devstack:clusterName": "_"}
    settings = read(config)

    assert parse(config)[1] != []
    assert (settings.region, settings.owner.network, settings.project) == ("Mars", "_-ci", "capo")


@pytest.mark.parametrize("value", [{"secure": "v1:abc"}, "a"], ids=["encrypted", "malformed"])
def test_what_cannot_be_read_is_empty_and_no_default(value):
    """A default zone may be in another region, and a default name another stack's."""
    settings = read({"devstack:zones": value, "devstack:clusterName": {"secure": "v1:abc"}})

    assert (settings.zones, settings.cluster_name) == ((), "")


def test_the_settings_project_wins_over_the_environments():
    assert read(PROJECT, GOOGLE_CLOUD_PROJECT="other").project == "capo"
    assert read({}, GOOGLE_CLOUD_PROJECT="other").project == "other"
    assert read({}).project == ""


def test_an_encrypted_setting_of_the_provider_is_left_out():
    config = {"gcp:accessToken": {"secure": "v1:abc"}, "gcp:config:project": "older", "x:y": "z"}

    assert provider_settings(config) == {"project": "older"}


def test_the_ci_stack_of_the_checkout_is_accepted():
    document = yaml.safe_load((CHECKOUT / "Pulumi.ci.yaml").read_text())
    settings, problems = parse(document["config"])

    assert (settings.release, problems) == ("2026.1", [])


def test_all_problems_are_told_at_once():
    config = {"devstack:mtuu": 1, "devstack:internalCidr": "x", "devstack:zones": "a"}
    _, lines = parse(config)

    keys = {line.partition(": ")[0] for line in lines}
    assert keys == {"devstack:mtuu", "devstack:internalCidr", "devstack:zones"}


def test_a_lease_stands_for_a_project():
    settings, problems = parse({}, project="")

    assert (settings.mtu, settings.project, problems) == (1460, "", [])


def test_an_encrypted_setting_is_refused():
    _, lines = parse({"devstack:region": {"secure": "v1:abc"}})

    assert lines == ["devstack:region: it is encrypted; no setting is a secret, write it as it is"]


def test_files_are_those_that_the_program_would_read(tmp_path, monkeypatch):
    """The program runs in the checkout, wherever the job was started."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitignore").write_text("another file")
    settings, _ = parse({"devstack:localConfFile": ".gitignore"})

    assert settings.local_conf_extra == (CHECKOUT / ".gitignore").read_text()


def test_a_path_may_begin_at_home_or_at_the_root(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own").write_text("A=1")

    for path in ("~/own", str(tmp_path / "own")):
        settings, _ = parse({"devstack:localConfFile": path})
        assert settings.local_conf_extra == "A=1"


def test_a_staged_stack_has_them(environ, tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("config: {gcp:project: capo, devstack:clusterName: mine}\n")
    staged = stack.stage("ci", environ, settings=path)

    assert (staged.settings.project, staged.settings.owner.network) == ("capo", "mine-ci")
    assert staged.configuration == {"gcp:project": "capo", "devstack:clusterName": "mine"}
