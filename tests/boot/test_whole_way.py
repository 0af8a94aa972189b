"""The whole way: a stack on the real engine whose nodes boot, used as by a job, then destroyed."""

import json
import socket
import sys
from pathlib import Path

import pytest

from job.network.tunnel.probe import Verdict, probe
from localcloud.machines.booted_cloud import BootedCloud
from localcloud.machines.cgroups import machine_groups
from localcloud.machines.strays import switch_name
from localcloud.machines.switch import inside
from tests.boot.booted_job import STACK, BootedJob
from tests.patience import PATIENCE_S

CONTROLLER, WORKER = (f"capo-e2e-{STACK}-{role}" for role in ("controller", "worker"))
PRIVATE, WORKER_PRIVATE, FLOATING = "10.0.3.15", "10.0.3.16", "172.24.4.50"
NAMESPACES = Path("/run/netns")
ZONES = ["testaz1", "testaz2"]
SHOW_ZONES = """
import json, openstack
cloud = openstack.connect(cloud="capo-e2e")
services = cloud.compute, cloud.block_storage
print(json.dumps([[zone.name for zone in service.availability_zones()] for service in services]))
"""
SHOW_USER_DATA = "sudo cat /var/lib/cloud/instance/user-data.txt"


@pytest.fixture
def booted_job(tree, tmp_path):
    """A job without a stack yet, on a cloud of its own whose instances boot."""
    with BootedCloud(tree) as cloud:
        yield BootedJob(cloud, tmp_path)


def test_a_stack_comes_up_serves_through_its_tunnel_and_is_gone(booted_job):
    """`up` waits for both nodes over ssh; everything afterwards uses the stack's outputs."""
    cloud = booted_job.cloud
    booted_job.job("up")
    outputs = json.loads(booted_job.job("outputs", "--show-secrets"))
    booted_job.job("e2e-files", "--dir", str(booted_job.folder))

    assert outputs["availability_zones"] == ZONES
    assert inside(cloud.job, lambda: probe(PRIVATE, 80, 5)) is Verdict.UNREACHABLE
    with booted_job.tunnel():
        assert zones_of_clouds_yaml(booted_job) == [ZONES, ZONES]
        assert a_floating_address_answers(cloud)
        user = outputs["ssh_user"]
        booted = {
            CONTROLLER: booted_job.ssh(f"{user}@{outputs['controller_public_ip']}", SHOW_USER_DATA),
            WORKER: booted_job.ssh(f"{user}@{WORKER_PRIVATE}", SHOW_USER_DATA),
        }
    assert {name: text.decode() for name, text in booted.items()} == user_data_of(booted_job)

    booted_job.job("down")

    assert cloud.api.inventory() == []
    cloud.api.cloud.hooks.drain()
    assert left_of_machines() == []


def zones_of_clouds_yaml(job):
    """Return the zones for servers and for volumes, as openstacksdk lists them with clouds.yaml."""
    file = str(job.folder / "clouds.yaml")
    return json.loads(job.run(sys.executable, "-c", SHOW_ZONES, OS_CLIENT_CONFIG_FILE=file))


def a_floating_address_answers(cloud):
    """Return whether the job reaches a server behind the controller's external bridge."""
    server = cloud.add_server(CONTROLLER, f"{FLOATING}/24")
    with inside(server, lambda: socket.create_server((FLOATING, 22))) as listener:
        listener.settimeout(PATIENCE_S)
        with inside(
            cloud.job, lambda: socket.create_connection((FLOATING, 22), PATIENCE_S)
        ) as client:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"here")
            return client.recv(4) == b"here"


def user_data_of(job):
    """Return the user data of each instance from the state, which keeps secrets as JSON."""
    state = json.loads(job.pulumi("stack", "export", "--show-secrets"))
    instances = [
        resource["inputs"]
        for resource in state["deployment"]["resources"]
        if resource["type"] == "gcp:compute/instance:Instance"
    ]
    return {
        instance["name"]: json.loads(instance["metadata"]["user-data"]["plaintext"])
        for instance in instances
    }


def left_of_machines():
    """Return the control groups, mounts and namespaces of this process's machines."""
    machine = f"{switch_name()}-m"
    mounts = Path("/proc/self/mounts").read_text().split()
    names = [
        *(group.name for group in machine_groups()),
        *(path.name for path in NAMESPACES.iterdir()),
    ]
    names += [mount for mount in mounts if "/root" in mount]
    return [name for name in names if machine in name]
