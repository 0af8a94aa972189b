"""Unseal: both nodes start from images of finished ones, with other secrets, zones and names."""

import contextlib
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from localcloud.machines.strays import switch_name
from tests.boot.nodes import make_credentials
from tests.boot.site import Site
from tests.patience import PATIENCE_S

PASSWORDS = ("admin_password", "database_password", "rabbit_password", "service_password")
SEARCHED = "/boot /etc /home /opt /root /srv /tmp /usr/local /var/cache /var/lib /var/log"
# Their pages keep what was deleted, as InnoDB's do.
BUT = "mysql"
LOG_IN = {
    "database_password": "mysql --user=root --host=10.0.3.15 --password={} <<<'SELECT VERSION()'",
    "rabbit_password": "rabbitmqctl authenticate_user stackrabbit {}",
    # What the client `openstack` sends.
    "admin_password": """python3 -c 'import urllib.request as http
words = b"{{\\"words\\": [\\"--os-cloud\\", \\"x\\", \\"token\\", \\"issue\\"]}}"
http.urlopen(http.Request("http://10.0.3.15/identity", words, {{"X-Password": "{}"}}))'""",
}
"""Shell commands that need a password, by its name."""
RUNS_OF_STACK_SH = "sudo ls /opt/stack/logs/ | grep --count 'log[.][0-9-]*$'"


class FromImages(Site):
    """Nodes whose file systems are those of sealed nodes: what these wrote is a layer below."""

    def __init__(self, images, folder, tree, credentials, given) -> None:
        self._images = images
        super().__init__(folder, tree, credentials, {}, given)

    def _make(self, role, tree):
        # An overlay takes several lower layers, the topmost first.
        return super()._make(role, Path(f"{self._images[role]}:{tree}"))


def key_lines(credentials) -> list[str]:
    """Return a line of each private key."""
    keys = (credentials.ssh_private_key, credentials.controller_host_key)
    return [key.splitlines()[-2] for key in (*keys, credentials.worker_host_key)]


def search(site, machine, texts) -> list[str]:
    """Return the files of a machine that hold one of the texts."""
    options = "--recursive --devices=skip --no-messages --files-with-matches --fixed-strings"
    find = f"sudo grep {options} --text --exclude-dir={BUT} --file=- {SEARCHED}"
    return site.ssh(machine, find, PATIENCE_S, text="\n".join(texts)).stdout.split()


@pytest.fixture(scope="module")
def stacks(tree):
    """Two stacks, one after the other: the second one starts from images of the first one."""
    old, new = make_credentials(), make_credentials()
    with tempfile.TemporaryDirectory(prefix=f"{switch_name()}-") as name:
        folder = Path(name)
        images = {}
        with contextlib.closing(Site(make(folder / "baked"), tree, old, {}, {})) as site:
            site.controller.start()
            site.worker.start()
            assert site.wait(site.controller, "worker").code == 0
            for machine in (site.controller, site.worker):
                assert site.wait(machine).code == 0
                sealed = site.ssh(machine, "sudo devstack-seal")
                assert sealed.returncode == 0, sealed.stderr
            for role, machine in (("controller", site.controller), ("worker", site.worker)):
                machine.cut_power()
                images[role] = folder / f"{role}-image"
                # As a copy of the disk: with owners, attributes, and marks of removed files.
                subprocess.run(["cp", "--archive", machine.changes, images[role]], check=True)
        zones = {"primaryAz": "west", "secondaryAz": "east"}
        given = {**zones, "sshUser": "other", "dnsNameservers": '["9.9.9.9"]'}
        with contextlib.closing(FromImages(images, make(folder / "new"), tree, new, given)) as site:
            site.controller.start()
            site.worker.start()
            with site.watched_processes():
                for machine in (site.controller, site.worker):
                    answer = site.wait(machine)
                    assert answer.code == 0, answer
                answer = site.wait(site.controller, "worker")
            assert answer.code == 0, answer
            yield SimpleNamespace(site=site, old=old, new=new, images=images)


def make(folder: Path) -> Path:
    """Make a folder and return it."""
    folder.mkdir()
    return folder


@pytest.fixture(params=["controller", "worker"])
def role(request):
    return request.param


def test_an_image_holds_no_secret(stacks, role):
    """On the disk itself: the machine that it was taken from is off."""
    passwords = [getattr(stacks.old, name) for name in PASSWORDS]
    needles = [text.encode() for text in (*passwords, *key_lines(stacks.old))]
    image = stacks.images[role]
    regular = (p for p in image.rglob("*") if p.is_file() and not p.is_symlink())
    left = [p for p in regular if any(needle in p.read_bytes() for needle in needles)]

    assert [p for p in left if BUT not in p.parts] == []
    assert (image / "var/lib/devstack-node/sealed.json").exists()


def test_no_old_secret_is_on_a_started_node(stacks, role):
    site = stacks.site
    machine = getattr(site, role)
    old = [*(getattr(stacks.old, name) for name in PASSWORDS), *key_lines(stacks.old)]

    assert search(site, machine, old) == []
    assert "/etc/devstack-node/local.conf" in search(site, machine, [stacks.new.admin_password])


def test_no_placeholder_is_left(stacks, role):
    names = ("ADMIN_PASSWORD", "RABBIT_PASSWORD", "FIXED_KEY", "HEARTBEAT_KEY", "VOLUME_ZONE")
    placeholders = [f"@DEVSTACK-SECRET:{name}@" for name in names]

    assert search(stacks.site, getattr(stacks.site, role), placeholders) == []


def test_stack_sh_did_not_run(stacks, role):
    machine = getattr(stacks.site, role)

    assert stacks.site.ssh(machine, RUNS_OF_STACK_SH).stdout == "0\n"
    names = stacks.site.run(machine, "sudo cat /var/lib/devstack-node/events.jsonl")
    assert '"stage": "unseal: services"' in names
    assert '"stage": "stack.sh"' not in names


def test_nobody_else_reads_a_secret(stacks, role):
    stacks.site.assert_nobody_reads_a_secret(getattr(stacks.site, role))


def test_no_secret_was_in_a_command_line(stacks):
    lines = "\n".join(stacks.site.command_lines)

    assert "devstack-unseal" in lines
    assert stacks.site.secrets_in(lines) == []


def test_the_zones_are_the_new_ones(stacks):
    """Servers and volumes of both nodes, as the tests will ask for them."""
    for kind in ("compute", "volume"):
        command = f"openstack --os-cloud devstack-admin availability zone list --{kind} -f json"
        zones = stacks.site.run(stacks.site.controller, f"sudo {command}")
        assert {"west", "east"} == {word for word in zones.split('"') if word in {"west", "east"}}
        assert "testaz" not in zones


@pytest.mark.parametrize("name", LOG_IN)
def test_each_new_password_works_and_each_old_one_is_refused(stacks, name):
    # By standard input: sudo logs the words of a command.
    tried = {
        which: stacks.site.ssh(
            stacks.site.controller,
            "sudo bash",
            text=LOG_IN[name].format(getattr(credentials, name)),
        )
        for which, credentials in (("new", stacks.new), ("old", stacks.old))
    }

    assert tried["new"].returncode == 0, tried["new"].stderr
    assert tried["old"].returncode != 0


def test_the_machines_are_others(stacks, role):
    """Identity: the ID, the host keys, and who may log in."""
    machine = getattr(stacks.site, role)

    assert len(stacks.site.run(machine, "cat /etc/machine-id")) == 33
    keys = stacks.site.run(machine, "sudo cat /home/*/.ssh/authorized_keys")
    assert stacks.old.ssh_public_key.split()[1] not in keys
    assert stacks.new.ssh_public_key.split()[1] in keys


def test_they_are_ready_again_after_a_reboot(stacks):
    site = stacks.site

    site.lose_power(site.controller, site.worker)

    for answer in (site.wait(site.controller), site.wait(site.worker)):
        assert answer.state["verdict"] == "ready", answer
    assert site.wait(site.controller, "worker").state["verdict"] == "ready"
