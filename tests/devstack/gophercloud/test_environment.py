"""Environment: the tests' variables, from the clouds.yaml of the program."""

import pytest

from host.errors import RefusedError
from stacks.clouds_yaml import ADMIN_CLOUD, TENANT_CLOUD, clouds_yaml
from tests.devstack.gophercloud.environment import Resources, clouds, environment

RESOURCES = Resources(
    image_id="image",
    flavor_id="1",
    other_flavor_id="10",
    network_name="private",
    external_network_id="net",
    external_network_name="public",
)


@pytest.fixture
def handed_out(tmp_path):
    """Return the clouds of the file that the program writes."""
    path = tmp_path / "clouds.yaml"
    path.write_text(clouds_yaml("10.0.3.15", "adminpassword"))
    return clouds(path)


def test_every_variable_that_the_tests_read_is_set(handed_out):
    assert environment(handed_out[TENANT_CLOUD], RESOURCES) == {
        "OS_AUTH_URL": "http://10.0.3.15/identity",
        "OS_USERNAME": "demo",
        "OS_PASSWORD": "adminpassword",
        "OS_PROJECT_NAME": "demo",
        "OS_DOMAIN_ID": "default",
        "OS_REGION_NAME": "RegionOne",
        "OS_BRANCH": "stable/2025.1",
        "OS_IMAGE_ID": "image",
        "OS_FLAVOR_ID": "1",
        "OS_FLAVOR_ID_RESIZE": "10",
        "OS_NETWORK_NAME": "private",
        "OS_POOL_NAME": "public",
        "OS_EXTGW_ID": "net",
    }


def test_the_tests_know_the_administrator_by_name(handed_out):
    """gophercloud's RequireAdmin compares OS_USERNAME with `admin`."""
    assert environment(handed_out[ADMIN_CLOUD], RESOURCES)["OS_USERNAME"] == "admin"


def test_a_cloud_without_a_domain_is_refused(handed_out):
    del handed_out[TENANT_CLOUD]["auth"]["domain_id"]

    with pytest.raises(RefusedError, match=r"^clouds.yaml: auth has no domain_id; "):
        environment(handed_out[TENANT_CLOUD], RESOURCES)


@pytest.mark.parametrize("text", ["", "clouds:\n", "- a\n", "clouds: [\n"])
def test_a_file_without_clouds_is_refused(tmp_path, text):
    path = tmp_path / "clouds.yaml"
    path.write_text(text)

    with pytest.raises(RefusedError, match=r"clouds.yaml: it has no clouds .*make e2e-files"):
        clouds(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(RefusedError, match="FileNotFoundError"):
        clouds(tmp_path / "clouds.yaml")
