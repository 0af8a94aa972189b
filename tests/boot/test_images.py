"""Images: machines boot from what was on the disk of another one."""

import json
import os
import socket
import stat
import time
from pathlib import Path

import pytest
import yaml

from localcloud.compute_api.service import PREFIX, Service, Wire
from localcloud.devstack.standin import StandIn
from localcloud.machines.booted_cloud import BootedCloud
from localcloud.machines.cgroups import machine_groups
from localcloud.machines.configuration import IMAGE, IMAGE_PROJECT, NETWORK
from localcloud.machines.strays import switch_name
from localcloud.machines.switch import inside
from tests.patience import PATIENCE_S

PROJECT = "projects/boot"
ZONE = f"{PROJECT}/zones/us-east4-a"
IMAGES = f"{PROJECT}/global/images"
DEBIAN = f"projects/{IMAGE_PROJECT}/global/images/family/{IMAGE}"
SECRET = "secret of the first machine"
NOBODY = 65534

# The shutdown stops the unit, and its ExecStop is one more trace of a shutdown in good order.
FIRST = f"""
echo '{SECRET}' >/srv/secret
rm /usr/bin/jq
rm -r /etc/apache2
mkdir /etc/apache2 /opt/kept
echo first >/opt/kept/file
chown nobody /opt/kept/file
ln /opt/kept/file /opt/kept/linked
mkfifo /opt/kept/fifo
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/opt/kept/socket")'
echo >>/opt/provisioned
systemd-run --unit=shutdown --remain-after-exit --property='ExecStop=touch /opt/shut-down' true
"""
SECOND = "rm /opt/kept/linked; echo second >/opt/kept/second"
HANGS = "systemd-run --remain-after-exit --property='ExecStop=sleep infinity' true"


class Images:
    """A booted cloud, and the requests of a client in one project."""

    def __init__(self, cloud):
        self.cloud = cloud
        self._service = Service(cloud.api.cloud)

    def make_network(self):
        """Make the one network that the machines can have."""
        body = {"name": "net", "autoCreateSubnetworks": False}
        self.call("POST", f"{PROJECT}/global/networks", body)
        body = {"name": "net", "network": "global/networks/net", "ipCidrRange": NETWORK}
        self.call("POST", f"{PROJECT}/regions/us-east4/subnetworks", body)

    def call(self, verb, path, body=None, *, followed=True):
        """Send a request that must be accepted, and wait until the machines have followed."""
        raw = b"" if body is None else json.dumps(body).encode()
        answer = self._service.answer(Wire(verb, PREFIX + path, "", "Bearer t", raw))
        assert answer.status == 200, answer.body
        self.cloud.api.tick()
        if followed:
            self.cloud.api.cloud.hooks.drain()
        return answer.body

    def boot(self, name, address, image, script, **fields):
        """Create an instance and wait until cloud-init has finished; return its machine."""
        user_data = {"bootcmd": ["echo >>/opt/boots"], "runcmd": [script]}
        body = {
            "name": name,
            "machineType": "zones/us-east4-a/machineTypes/n2-standard-2",
            "disks": [
                {"boot": True, "autoDelete": True, "initializeParams": {"sourceImage": image}}
            ],
            "networkInterfaces": [
                {
                    "subnetwork": f"{PROJECT}/regions/us-east4/subnetworks/net",
                    "networkIP": address,
                    "accessConfigs": [{}],
                }
            ],
            "metadata": {
                "items": [{"key": "user-data", "value": f"#cloud-config\n{yaml.dump(user_data)}"}]
            },
        }
        self.call("POST", f"{ZONE}/instances", body | fields)
        machine = self.cloud.nodes.machine(name)
        wait_for_cloud_init(machine, name)
        return machine

    def bake(self, name, source, *, followed=True):
        """Stop an instance and make its disk an image; return the image's path."""
        self.call("POST", f"{ZONE}/instances/{source}/stop", followed=followed)
        body = {"name": name, "sourceDisk": f"{ZONE}/disks/{source}"}
        self.call("POST", IMAGES, body, followed=followed)
        return f"{IMAGES}/{name}"

    def answers_ssh(self, name):
        """Return whether sshd, which is loaded from the disk anew, answers at the external IP."""
        [nic] = self.call("GET", f"{ZONE}/instances/{name}")["networkInterfaces"]
        address = nic["accessConfigs"][0]["natIP"], 22
        with inside(
            self.cloud.job, lambda: socket.create_connection(address, PATIENCE_S)
        ) as connection:
            return connection.recv(4) == b"SSH-"


def finished(machine, name):
    """Return the file that cloud-init writes at the end of each boot of an instance, as a list."""
    return list(machine.root.glob(f"var/lib/cloud/instances/{name}-*/boot-finished"))


def wait_for_cloud_init(machine, name):
    deadline = time.monotonic() + PATIENCE_S
    while not finished(machine, name):
        assert time.monotonic() < deadline, machine.console.read_text()
        time.sleep(0.2)


def lines(path):
    return len(path.read_text().splitlines())


@pytest.fixture
def images(tree):
    """A cloud with one network."""
    with BootedCloud(tree) as cloud:
        made = Images(cloud)
        made.make_network()
        yield made


def test_a_machine_is_stopped_and_started_and_baked_and_others_boot_from_it(images, tree):
    first = images.boot("first", "10.0.3.15", DEBIAN, FIRST, hostname="one.baked.test")
    assert (first.root / "etc/hostname").read_text() == "one\n"

    # The same files boot again, and cloud-init does not provision them again.
    images.call("POST", f"{ZONE}/instances/first/stop")
    assert not first.is_on
    assert (first.root / "opt/shut-down").exists()
    [before] = finished(first, "first")
    before.unlink()
    images.call("POST", f"{ZONE}/instances/first/start")
    wait_for_cloud_init(first, "first")
    assert (lines(first.root / "opt/boots"), lines(first.root / "opt/provisioned")) == (2, 1)

    # An instance that runs from an image is independent of the image and of its source.
    baked = images.bake("baked", "first")
    second = images.boot("second", "10.0.3.16", baked, SECOND, hostname="two.baked.test")
    images.call("POST", f"{ZONE}/instances/first/start")
    (first.root / "opt/kept/later").touch()
    images.call("DELETE", f"{ZONE}/instances/first")
    images.call("DELETE", baked)
    assert images.answers_ssh("second")
    assert (second.root / "etc/hostname").read_text() == "two\n"
    assert_like_the_first(second.root)
    assert seeds_in(second.layers) == []
    assert not (second.root / "opt/kept/linked").exists()

    # An image of a machine from an image has the files of both.
    other = images.bake("other", "second")
    images.call("DELETE", f"{ZONE}/instances/second")
    third = images.boot("third", "10.0.3.16", other, HANGS)
    assert (third.root / "etc/hostname").read_text() == "third\n"
    assert_like_the_first(third.root)
    assert (third.root / "opt/kept/second").read_text() == "second\n"
    assert not (third.root / "opt/kept/linked").exists()
    assert lines(third.root / "opt/provisioned") == 1

    # A machine whose shutdown hangs loses its power at the limit.
    third.shut_down(limit_s=1)
    assert not third.is_on
    while_it_exists = left_of_machines()
    images.call("DELETE", f"{ZONE}/instances/third")
    images.call("DELETE", other)

    assert (tree / "usr/bin/jq").exists()
    assert not (tree / "opt/kept").exists()
    assert [path.name for path in third.layers if path.exists()] == []
    assert while_it_exists != []
    assert left_of_machines() == []


def assert_like_the_first(root):
    """Assert what the first machine made and deleted, in a tree that is based on its own."""
    user_data = [path.read_text() for path in (root / "var/lib/cloud/seed").glob("*/user-data")]
    assert [SECRET in text for text in user_data] == [False]
    assert (root / "srv/secret").read_text() == f"{SECRET}\n"
    assert not (root / "usr/bin/jq").exists()
    assert list((root / "etc/apache2").iterdir()) == []
    kept = root / "opt/kept"
    assert (kept / "file").read_text() == "first\n"
    assert (kept / "file").stat().st_uid == NOBODY
    assert not (kept / "later").exists()
    assert stat.S_ISFIFO((kept / "fifo").stat().st_mode)
    assert stat.S_ISSOCK((kept / "socket").stat().st_mode)


def seeds_in(layers):
    """Return the files of seeds in layers; the mark of a deleted folder is none."""
    return [
        os.fspath(path) for layer in layers for path in (layer / "var/lib/cloud/seed").rglob("*")
    ]


def left_of_machines():
    """Return the control groups, namespaces and mounts of this process's machines."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    names = [path.name for path in (*machine_groups(), *Path("/run/netns").iterdir())]
    roots = [mount for mount in mounts if switch_name() in mount and mount.endswith("/root")]
    return [*roots, *(name for name in names if name.startswith(f"{switch_name()}-m"))]


class Keeping(StandIn):
    """A workload whose images outlive the cloud."""

    def __init__(self, folder):
        super().__init__()
        self.machines, self.images = folder / "machines", folder / "images"


def test_a_later_cloud_boots_from_an_image_whose_cloud_ended_at_once(tree, tmp_path):
    """The image is READY while its machine still shuts down. A person runs `make down` then."""
    with BootedCloud(tree, workload=Keeping(tmp_path)) as cloud:
        earlier = Images(cloud)
        earlier.make_network()
        earlier.boot("first", "10.0.3.15", DEBIAN, "echo first >/opt/file")
        baked = earlier.bake("baked", "first", followed=False)

    with BootedCloud(tree, workload=Keeping(tmp_path)) as cloud:
        later = Images(cloud)
        later.make_network()
        second = later.boot("second", "10.0.3.16", baked, "true")
        assert (second.root / "opt/file").read_text() == "first\n"
        later.call("DELETE", f"{ZONE}/instances/second")
        later.call("DELETE", baked)

    assert list((tmp_path / "images/layers").iterdir()) == []
