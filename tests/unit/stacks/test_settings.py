"""Settings: the only, validated source of every value."""

import dataclasses

import pytest

from stacks import configuration
from stacks.problems import SettingsError
from stacks.settings import setting_fields


def test_the_defaults_are_accepted(make_settings):
    assert make_settings().controller_ip == "10.0.3.15"


def test_settings_cannot_be_changed(settings):
    """A component that changed a value would create a second source."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.mtu = 1500


def test_values_are_read_by_key_and_typed(make_settings):
    made = make_settings(mtu="1500", worker="false", zones='["us-east4-b"]', clusterName="x")

    assert (made.mtu, made.worker, made.zones, made.cluster_name) == (
        1500,
        False,
        ("us-east4-b",),
        "x",
    )


def test_every_problem_is_reported_at_once(refusals):
    """A person can then fix the whole configuration in one step."""
    lines = refusals(internalCidr="10.0.3.7/24", vcpuQuota="20", primaryAz="a b", nonsense="1")

    assert [line.split(": ")[0] for line in lines] == [
        "devstack:nonsense",
        "devstack:primaryAz",
        "devstack:vcpuQuota",
        "devstack:internalCidr",
    ]


def test_each_line_has_key_value_and_remedy(refusals):
    assert refusals(internalCidr="10.0.3.7/24") == [
        "devstack:internalCidr: '10.0.3.7/24' has host bits set; use '10.0.3.0/24'"
    ]


def test_a_missing_project_is_refused():
    with pytest.raises(SettingsError, match="gcp:project: no Google Cloud project"):
        configuration.parse({}, stack="test", project="")


def test_every_setting_is_described():
    for key, field in setting_fields().items():
        assert field.metadata["doc"].endswith("."), key


def test_labels_name_cluster_and_stack(make_settings):
    """Cleanup finds the resources of a killed engine by these labels."""
    assert make_settings(labels='["pr=17"]').all_labels == {
        "devstack-cluster": "capo-e2e",
        "devstack-stack": "test",
        "pr": "17",
    }


def test_without_worker_there_is_one_az(make_settings):
    assert make_settings(worker="false").availability_zones == ("testaz1",)


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ({}, False),
        ({"operatingSystem": "ubuntu-24.04"}, False),
        ({"operatingSystem": "debian-12"}, True),
        ({"operatingSystem": "debian-12", "image": "capo/debian-12-cloud-init"}, False),
    ],
)
def test_an_image_without_cloud_init_is_warned_of(make_settings, given, warned):
    """The node would boot, ignore its user data and never become ready."""
    assert bool(configuration.warnings(make_settings(**given))) == warned
