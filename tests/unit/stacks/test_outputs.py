"""Outputs: the contract with the job and the E2E configuration."""

import pulumi
import pytest
import yaml

from stacks import outputs
from stacks.devstack import DevStack


@pytest.fixture
def exported(run_program, make_settings, monkeypatch):
    """Run the program; return the values and the secrecy of its outputs."""

    def run(**given):
        values, secrets = {}, set()

        def keep(name, output):
            output = pulumi.Output.from_input(output)
            output.apply(lambda value: values.__setitem__(name, value))
            pulumi.Output.from_input(output.is_secret()).apply(
                lambda secret: secret and secrets.add(name)
            )

        monkeypatch.setattr(pulumi, "export", keep)
        run_program(lambda: outputs.export(DevStack("devstack", make_settings(**given))))
        return values, secrets

    return run


def test_plain_outputs(exported):
    values, _ = exported()
    for name in ("clouds_yaml", "ssh_private_key", "known_hosts", "e2e_variables"):
        values.pop(name)

    assert values == {
        "controller_public_ip": "203.0.113.10",
        "controller_private_ip": "10.0.3.15",
        "worker_private_ip": "10.0.3.16",
        "availability_zones": ["testaz1", "testaz2"],
        "ssh_user": "cloud",
        "tunnel_cidrs": ["10.0.3.0/24", "172.24.4.0/24"],
        "project": "capo",
        "region": "us-east4",
        "zones": {"controller": "us-east4-a", "worker": "us-east4-a"},
        "baked_images": {},
        "instances": {
            "controller": "capo-e2e-test-controller",
            "worker": "capo-e2e-test-worker",
        },
        "network": "capo-e2e-test",
        "mtu": 1460,
    }


def test_the_images_that_nodes_start_from_are_named(exported):
    values, _ = exported(workerBakedImage="images/capo-e2e-worker-20261128-001530-ab12")

    assert values["baked_images"] == {
        "worker": "projects/images/global/images/capo-e2e-worker-20261128-001530-ab12"
    }


def test_just_what_opens_something_is_secret(exported):
    """One secret too many would mask the external address in the log."""
    _, secrets = exported()

    assert secrets == {"clouds_yaml", "ssh_private_key"}


@pytest.mark.parametrize(
    ("auth_url_host", "address"), [("public", "203.0.113.10"), ("private", "10.0.3.15")]
)
def test_clouds_yaml_names_the_address_asked_for(exported, auth_url_host, address):
    values, _ = exported(authUrlHost=auth_url_host)
    clouds = yaml.safe_load(values["clouds_yaml"])["clouds"]

    assert {cloud["auth"]["auth_url"] for cloud in clouds.values()} == {
        f"http://{address}/identity"
    }


def test_known_hosts_has_each_address_with_its_nodes_key(exported):
    values, _ = exported()

    assert values["known_hosts"].splitlines() == [
        "203.0.113.10,10.0.3.15 ssh-ed25519 AAAAcontroller",
        "10.0.3.16 ssh-ed25519 AAAAworker",
    ]


def test_e2e_variables_name_what_the_suite_uses(exported):
    values, _ = exported(primaryAz="a", secondaryAz="b", controllerIp="10.0.3.20")
    variables = values["e2e_variables"]

    assert variables["OPENSTACK_FAILURE_DOMAIN"] == "a"
    assert variables["OPENSTACK_FAILURE_DOMAIN_ALT"] == "b"
    assert variables["E2E_IMAGE_URL"] == "http://10.0.3.20/capo-e2e-image.tar"
    assert all(isinstance(value, str) for value in variables.values())


def test_without_worker_no_second_az_is_promised(exported):
    """The suite would wait for it for 20 minutes."""
    values, _ = exported(worker="false")

    assert values["availability_zones"] == ["testaz1"]
    assert "OPENSTACK_FAILURE_DOMAIN_ALT" not in values["e2e_variables"]
    assert "worker_private_ip" not in values
