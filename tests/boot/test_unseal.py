"""Unseal: nodes start from images of finished ones, with other secrets, zones and names.

A stack is built and sealed. From its images start a controller beside a worker that is built, and
a worker beside a controller that is built. These two are sealed in turn, and from their images
starts the stack that most tests look at. So each image gives all that the ones before it left.
"""

import contextlib
import subprocess
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from localcloud.machines.strays import switch_name
from stacks.naming import ROLES
from tests.boot.nodes import make_credentials
from tests.boot.sealed import FromImages, new_files, values
from tests.patience import PATIENCE_S

# In one process, since each would boot all of the machines.
pytestmark = pytest.mark.xdist_group("sealed")

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
THREE_YEARS_S = 3 * 365 * 24 * 3600
RUNS_OF_STACK_SH = "sudo ls /opt/stack/logs/ | grep --count 'log[.][0-9-]*$'"


def secrets_of(credentials) -> list[str]:
    """Return the passwords, and a line of each private key."""
    keys = (credentials.ssh_private_key, credentials.controller_host_key)
    lines = [key.splitlines()[-2] for key in (*keys, credentials.worker_host_key)]
    return [*(getattr(credentials, name) for name in PASSWORDS), *lines]


def search(site, machine, texts) -> list[str]:
    """Return the files of a machine that hold one of the texts."""
    options = "--recursive --devices=skip --no-messages --files-with-matches --fixed-strings"
    find = f"sudo grep {options} --text --exclude-dir={BUT} --file=- {SEARCHED}"
    return site.ssh(machine, find, PATIENCE_S, text="\n".join(texts)).stdout.split()


@pytest.fixture(scope="module")
def make_site(tree):
    """Make a stack with new credentials, switched off. `images` has a node's image by role."""
    with tempfile.TemporaryDirectory(prefix=f"{switch_name()}-") as name:

        def make(what, images, **given):
            folder = Path(name) / what
            folder.mkdir()
            return FromImages(images, folder, tree, make_credentials(), given)

        yield make


@pytest.fixture(scope="module")
def built(make_site):
    """A stack that was built and sealed: its credentials and images."""
    with contextlib.closing(make_site("built", {})) as site:
        site.start()
        # The worker first: the services of the controller still answer.
        images = {role: site.seal(role) for role in reversed(ROLES)}
    return SimpleNamespace(credentials=site.credentials, images=images)


@pytest.fixture(scope="module")
def interrupted(make_site, built):
    """A controller that lost its power while it got its secrets, and was switched on again."""
    with contextlib.closing(make_site("interrupted", built.images, worker="false")) as site:
        events = site.controller.root / "var/lib/devstack-node/events.jsonl"
        deadline = time.monotonic() + PATIENCE_S
        site.controller.start()
        while not events.exists() or '"unseal: secrets"' not in events.read_text():
            assert time.monotonic() < deadline, site.controller.console.read_text()
            time.sleep(0.02)
        site.lose_power(site.controller)
        answer = site.wait(site.controller)
        services = "systemctl list-units --plain --no-legend --state=active 'devstack@*' 'apache2*'"
        return SimpleNamespace(state=answer.state, active=site.run(site.controller, services))


@pytest.fixture(scope="module")
def mixed(make_site, built, interrupted):
    """Two stacks, one after the other, by the role of the node that starts from its image."""
    del interrupted  # Before these: all stacks have the same addresses.
    found = {}
    for role in ROLES:
        with contextlib.closing(make_site(f"mixed-{role}", {role: built.images[role]})) as site:
            site.start()
            found[role] = SimpleNamespace(
                zones={kind: site.zones(kind) for kind in ("compute", "volume")},
                stages={each: site.stages(each) for each in ROLES},
                values={each: values(getattr(site, each)) for each in ROLES},
                credentials=site.credentials,
                image=site.seal(role),
            )
    return found


@pytest.fixture(scope="module")
def stacks(make_site, built, mixed):
    """A stack that starts from images of nodes that started from images, and what was before."""
    images = {role: mixed[role].image for role in ROLES}
    zones = {"primaryAz": "west", "secondaryAz": "east"}
    given = {**zones, "sshUser": "other", "dnsNameservers": '["9.9.9.9"]'}
    with contextlib.closing(make_site("new", images, **given)) as site:
        with site.watched_processes():
            site.start()
        old = [built.credentials, *(mixed[role].credentials for role in ROLES)]
        yield SimpleNamespace(site=site, old=old, new=site.credentials, images=images)


@pytest.fixture(params=["controller", "worker"])
def role(request):
    return request.param


def test_an_image_holds_no_secret(stacks, role):
    """On the disk itself: the machines that it was taken from are off."""
    needles = [text.encode() for each in stacks.old for text in secrets_of(each)]
    for layer in stacks.images[role]:
        regular = (p for p in layer.rglob("*") if p.is_file() and not p.is_symlink())
        left = [p for p in regular if any(needle in p.read_bytes() for needle in needles)]

        assert [p for p in left if BUT not in p.parts] == []
        assert (layer / "var/lib/devstack-node/sealed.json").exists()


def test_an_image_has_no_journal(stacks, role):
    """It would name the machine of the bake, and the address that logged in to it."""
    for layer in stacks.images[role]:
        assert [path for path in layer.glob("var/log/journal/*") if path.is_dir()] == []


def test_a_controller_that_lost_power_while_it_got_its_secrets_has_failed(interrupted):
    """With half of them it must not run. A job replaces it."""
    assert interrupted.state["verdict"] == "failed"
    assert interrupted.state["class"] == "interrupted"
    assert interrupted.state["error"] == ("rebooted during 'unseal: secrets'; replace the instance")
    assert interrupted.active == ""


def test_two_nodes_of_an_image_share_nothing_that_could_be_a_secret(stacks, mixed, role):
    """Whatever they share is on a node that was built, too, or it is a commit."""
    one, two = mixed[role].values[role], values(getattr(stacks.site, role))
    [built] = (mixed[other].values[role] for other in ROLES if other != role)
    commits = stacks.site.run(getattr(stacks.site, role), "cat /var/lib/devstack-node/commits.json")

    assert stacks.new.service_password.encode() in two
    assert {each for each in one & two - built if each not in commits.encode()} == set()


def test_no_certificate_of_an_image_is_used(stacks, role):
    """It would end some years after the bake. The new ones end years after the start."""
    machine = getattr(stacks.site, role)
    certificates = {
        path.relative_to(machine.root)
        for path in new_files(machine)
        if b"BEGIN CERTIFICATE" in path.read_bytes()
    }

    assert Path("etc/ssl/certs/ssl-cert-snakeoil.pem") in certificates
    assert (Path("etc/octavia/certs/client_ca.cert.pem") in certificates) == (role == "controller")
    assert {each for each in certificates if not (machine.changes / each).exists()} == set()
    for each in certificates:
        command = ("openssl", "x509", "-noout", "-checkend", str(THREE_YEARS_S), "-in")
        assert subprocess.run([*command, machine.root / each], check=False).returncode == 0, each


def test_a_node_from_an_image_and_one_that_is_built_make_a_stack(mixed, role):
    """Both are ready, in either combination, and each one's AZ is there."""
    for other in ROLES:
        assert ('"stage": "stack.sh"' in mixed[role].stages[other]) == (other != role)
        assert ('"stage": "unseal: services"' in mixed[role].stages[other]) == (other == role)
    assert mixed[role].zones["compute"] == {"testaz1", "testaz2"}
    assert mixed[role].zones["volume"] == {"testaz1", "testaz2"}


def test_no_old_secret_is_on_a_started_node(stacks, role):
    site = stacks.site
    machine = getattr(site, role)
    old = [text for each in stacks.old for text in secrets_of(each)]

    assert search(site, machine, old) == []
    assert "/etc/devstack-node/local.conf" in search(site, machine, [stacks.new.admin_password])


def test_no_placeholder_is_left(stacks, role):
    names = ("ADMIN_PASSWORD", "RABBIT_PASSWORD", "FIXED_KEY", "HEARTBEAT_KEY", "VOLUME_ZONE")
    placeholders = [f"@DEVSTACK-SECRET:{name}@" for name in names]

    assert search(stacks.site, getattr(stacks.site, role), placeholders) == []


def test_stack_sh_did_not_run(stacks, role):
    machine = getattr(stacks.site, role)

    assert stacks.site.ssh(machine, RUNS_OF_STACK_SH).stdout == "0\n"
    stages = stacks.site.stages(role)
    assert '"stage": "unseal: services"' in stages
    assert '"stage": "stack.sh"' not in stages


def test_nobody_else_reads_a_secret(stacks, role):
    stacks.site.assert_nobody_reads_a_secret(getattr(stacks.site, role))


def test_no_secret_was_in_a_command_line(stacks):
    lines = "\n".join(stacks.site.command_lines)

    assert "devstack-unseal" in lines
    assert stacks.site.secrets_in(lines) == []


def test_the_zones_are_the_new_ones(stacks):
    """Servers and volumes of both nodes, as the tests will ask for them."""
    assert stacks.site.zones("compute") == {"west", "east"}
    assert stacks.site.zones("volume") == {"west", "east"}


@pytest.mark.parametrize("name", LOG_IN)
def test_each_new_password_works_and_each_old_one_is_refused(stacks, name):
    # By standard input: sudo logs the words of a command.
    new, *old = (
        stacks.site.ssh(
            stacks.site.controller,
            "sudo bash",
            text=LOG_IN[name].format(getattr(credentials, name)),
        )
        for credentials in (stacks.new, *stacks.old)
    )

    assert new.returncode == 0, new.stderr
    assert [done.returncode for done in old if done.returncode == 0] == []


def test_the_machines_are_others(stacks, role):
    """Identity: the ID, the host keys, and who may log in."""
    machine = getattr(stacks.site, role)

    assert len(stacks.site.run(machine, "cat /etc/machine-id")) == 33
    keys = stacks.site.run(machine, "sudo cat /home/*/.ssh/authorized_keys")
    assert [each for each in stacks.old if each.ssh_public_key.split()[1] in keys] == []
    assert stacks.new.ssh_public_key.split()[1] in keys


def test_they_are_ready_again_after_a_reboot(stacks):
    site = stacks.site

    site.lose_power(site.controller, site.worker)

    for answer in (site.wait(site.controller), site.wait(site.worker)):
        assert answer.state["verdict"] == "ready", answer
    assert site.wait(site.controller, "worker").state["verdict"] == "ready"
