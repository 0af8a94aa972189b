"""Configuration: tempest.conf from a cloud's answers."""

import configparser
import dataclasses
from pathlib import Path

import pytest

from tests.devstack.tempest import configuration
from tests.devstack.tempest.answers import Answers, Backend

LVM = Backend(name="lvmdriver-1", protocol="iSCSI", vendor="Open Source")
ANSWERS = Answers(
    auth_url="http://10.0.3.15/identity",
    region="RegionOne",
    domain="Default",
    services=frozenset({"block-storage", "compute", "identity", "image", "network"}),
    external_network="public-id",
    external_network_name="public",
    extensions=("port-security", "router"),
    compute_hosts=2,
    compute_microversion="2.103",
    volume_microversion="3.71",
    placement_microversion="1.39",
    compute_zones=frozenset({"testaz1", "testaz2"}),
    volume_zones=frozenset({"testaz2", "nova"}),
    volume_services=frozenset({"cinder-volume", "cinder-scheduler"}),
    backends=(LVM, LVM),
    import_methods=frozenset(),
    providers=(("amphora", "The driver, with a comma."),),
)
LOGIN = configuration.Login(user="admin", password="pa$word%", project="admin")
MADE = configuration.Made(
    image="image-id",
    other_image="other-image-id",
    flavor="flavor-id",
    other_flavor="other-flavor-id",
    image_properties=(("kernel_id", "k"), ("ramdisk_id", "r")),
)
PLACES = configuration.Places(workspace=Path("/work"), disk=Path("/cache/disk"))


def made_of(**changes):
    answers = dataclasses.replace(ANSWERS, **changes)
    return configuration.sections(answers, LOGIN, MADE, PLACES, "tempest-1")


def test_the_file_has_what_the_cloud_answered():
    parser = configparser.ConfigParser(interpolation=None)

    parser.read_string(configuration.text(made_of()))

    assert parser["identity"]["uri_v3"] == "http://10.0.3.15/identity/v3"
    assert parser["network"]["public_network_id"] == "public-id"
    assert parser["compute"]["max_microversion"] == "2.103"
    assert parser["compute"]["image_ref"] == "image-id"
    assert parser["scenario"]["img_properties"] == "kernel_id:k,ramdisk_id:r"
    assert parser["DEFAULT"]["resource_name_prefix"] == "tempest-1"


def test_a_dollar_sign_is_doubled():
    """oslo.config would take the rest for the name of an option."""
    assert "admin_password = pa$$word%\n" in configuration.text(made_of())


@pytest.mark.parametrize(
    ("changes", "section", "option", "value"),
    [
        ({}, "service_available", "octavia", "false"),
        ({}, "load_balancer", "availability_zone", "testaz1"),
        ({"services": frozenset({"load-balancer"})}, "service_available", "octavia", "true"),
        ({}, "volume-feature-enabled", "backup", "false"),
        (
            {"volume_services": frozenset({"cinder-backup"})},
            "volume-feature-enabled",
            "backup",
            "true",
        ),
        ({}, "volume-feature-enabled", "multi_backend", "false"),
        (
            {"backends": (LVM, Backend(name="nfs", protocol="nfs", vendor="NFS"))},
            "volume-feature-enabled",
            "multi_backend",
            "true",
        ),
        ({}, "volume-feature-enabled", "manage_volume", "true"),
        (
            {"backends": (Backend(name="nfs", protocol="nfs", vendor="NFS"),)},
            "volume-feature-enabled",
            "manage_volume",
            "false",
        ),
        ({}, "image-feature-enabled", "import_image", "false"),
        ({}, "network-feature-enabled", "port_security", "true"),
        ({"extensions": ("router",)}, "network-feature-enabled", "port_security", "false"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_feature_depends_on_the_answers(changes, section, option, value):
    assert made_of(**changes)[section][option] == value


def test_a_comma_in_a_description_does_not_begin_a_provider():
    found = made_of()["load_balancer"]["enabled_provider_drivers"]

    assert found == "amphora:The driver; with a comma."


def test_a_zone_is_for_all_servers_and_volumes():
    given = made_of()

    changed = configuration.in_zone(given, "testaz2")

    assert changed["compute"]["compute_volume_common_az"] == "testaz2"
    assert changed["compute"]["image_ref"] == "image-id"
    assert "compute_volume_common_az" not in given["compute"]


def test_common_zones_have_servers_and_volumes():
    assert ANSWERS.common_zones == ["testaz2"]
