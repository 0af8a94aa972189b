"""Node: the inputs of its instance, and the component's outputs."""

import dataclasses

import pytest

from stacks.node import Node, NodeArgs

INSTANCE = "gcp:compute/instance:Instance"


@pytest.fixture
def args():
    return NodeArgs(
        instance="capo-e2e-test-controller",
        hostname="controller.example.internal",
        zone="us-east4-a",
        machine_type="n2-standard-16",
        min_cpu_platform="Intel Cascade Lake",
        image="projects/p/global/images/family/f",
        boot_disk_gib=500,
        boot_disk_type="pd-ssd",
        create_timeout_s=300,
        spot=False,
        labels={"devstack-role": "controller"},
        tags=("node", "controller"),
        subnetwork="sub",
        internal_ip="10.0.3.15",
        external_ip="203.0.113.10",
        user_data="#cloud-config\n",
        egress=None,
    )


def test_an_instance_is_just_what_was_asked_for(run_program, args):
    """An additional service account or startup script would be a surprise."""
    record = run_program(lambda: Node("controller", args))

    assert record.named("controller") == {
        "name": "capo-e2e-test-controller",
        "hostname": "controller.example.internal",
        "zone": "us-east4-a",
        "machineType": "n2-standard-16",
        "minCpuPlatform": "Intel Cascade Lake",
        "advancedMachineFeatures": {"enableNestedVirtualization": True},
        "canIpForward": True,
        "bootDisk": {
            "initializeParams": {
                "image": "projects/p/global/images/family/f",
                "size": 500,
                "type": "pd-ssd",
            }
        },
        "networkInterfaces": [
            {
                "subnetwork": "sub",
                "networkIp": "10.0.3.15",
                "accessConfigs": [{"natIp": "203.0.113.10"}],
            }
        ],
        "labels": {"devstack-role": "controller"},
        "tags": ["node", "controller"],
        "metadata": {"user-data": "#cloud-config\n"},
    }


def test_without_external_address_there_is_no_access_config(run_program, args):
    """An empty access config would request an ephemeral address."""
    inside = dataclasses.replace(args, external_ip=None)
    [nic] = run_program(lambda: Node("worker", inside)).named("worker")["networkInterfaces"]

    assert nic["accessConfigs"] == []


def test_any_cpu_platform_is_asked_for_by_silence(run_program, args):
    anything = dataclasses.replace(args, min_cpu_platform="")

    assert "minCpuPlatform" not in run_program(lambda: Node("n", anything)).named("n")


def test_a_spot_instance_is_deleted_when_it_is_taken(run_program, args):
    """A stopped instance still costs money, and its DevStack would not recover."""
    spot = dataclasses.replace(args, spot=True)

    assert run_program(lambda: Node("n", spot)).named("n")["scheduling"] == {
        "provisioningModel": "SPOT",
        "preemptible": True,
        "automaticRestart": False,
        "instanceTerminationAction": "DELETE",
    }


def test_the_instance_is_a_child_of_the_node(run_program, args):
    """A provider given to the Node then reaches the instance."""
    record = run_program(lambda: Node("controller", args))

    assert f"urn:pulumi:test::devstack::devstack:gcp:Node${INSTANCE}::controller" in record.urns


def test_two_nodes_of_one_name_are_refused(run_program, args):
    def program():
        Node("controller", args)
        Node("controller", args)

    with pytest.raises(Exception, match="registered twice"):
        run_program(program)
