"""clouds.yaml: as openstacksdk reads it."""

import openstack.config
import pytest

from stacks.clouds_yaml import clouds_yaml


@pytest.fixture
def clouds(tmp_path, monkeypatch):
    """The clouds that openstacksdk reads from the file."""
    path = tmp_path / "clouds.yaml"
    path.write_text(clouds_yaml("203.0.113.10", "5ecret"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    return openstack.config.OpenStackConfig()


@pytest.mark.parametrize(("cloud", "user"), [("capo-e2e", "demo"), ("capo-e2e-admin", "admin")])
def test_openstacksdk_reads_both_clouds(clouds, cloud, user):
    region = clouds.get_one(cloud)
    auth = region.config["auth"]

    assert (auth["username"], auth["project_name"], auth["password"]) == (user, user, "5ecret")
    assert auth["auth_url"] == "http://203.0.113.10/identity"
    assert region.region_name == "RegionOne"
    assert region.config["verify"] is False


def test_the_domain_is_the_users_and_the_projects(clouds):
    """Keystone refuses a request that is scoped to a domain and a project."""
    auth = clouds.get_one("capo-e2e").config["auth"]

    assert auth["project_name"] == "demo"
    assert auth["project_domain_id"] == auth["user_domain_id"] == "default"
    assert "domain_id" not in auth
