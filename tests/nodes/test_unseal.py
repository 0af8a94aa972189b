"""Unseal: an instance from an image gets its own secrets, once, and is ready without stack.sh."""

import base64
import hashlib
import hmac
import json
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache, partial

import pytest

from localcloud.devstack.git_service import CLIENTS
from tests.nodes import finished

MARKER = "var/lib/devstack-node/sealed.json"
TAKEN = "var/lib/devstack-node/sealed.taken.json"


def log(node):
    return (node.root / "var/log/devstack-node/build.log").read_text()


def stages(node):
    events = (node.root / "var/lib/devstack-node/events.jsonl").read_text().splitlines()
    return [json.loads(event)["stage"] for event in events]


@pytest.fixture(scope="module")
def sealed(make_node_in, clouds, tmp_path_factory):
    """Return the sealed node of a role, made once: tests work on copies of its folder."""

    @cache
    def make(role):
        folder = tmp_path_factory.mktemp(role)
        node = finished.make(partial(make_node_in, folder), clouds, folder / "git-base", role)
        done = node.run("devstack-seal")
        assert done.returncode == 0, done.stderr
        (node.bin / "calls").unlink()
        return node

    return make


@pytest.fixture
def make_image(sealed, tmp_path):
    """Make a node that has just started, as another instance, from the image of a finished one."""

    def make(role, **settings):
        template = sealed(role)
        shutil.copytree(template.root.parent, tmp_path, symlinks=True, dirs_exist_ok=True)
        root, binaries = (tmp_path / path.name for path in (template.root, template.bin))
        node = replace(template, root=root, bin=binaries)
        finished.image(node, role, **settings)
        if "primary_az" in settings:
            zones = {"testaz1": settings["primary_az"], "testaz2": settings["secondary_az"]}
            cloud = node.cloud
            for row in cloud["volume"]:
                row["Zone"] = zones[row["Zone"]]
            node.cloud = cloud
        return node

    return make


@pytest.fixture
def image(make_image):
    return make_image("controller")


def test_a_controller_is_ready_without_stack_sh(image):
    done = image.run("devstack-build")

    assert done.returncode == 0, log(image)
    assert image.show()["verdict"] == "ready"
    assert stages(image) == [
        *("start", "checks", "unseal: start", "unseal: image", "unseal: files"),
        *("unseal: secrets", "unseal: network", "unseal: services", "unseal: services up"),
        *("post configuration", "image archive", "host network", "registration unit"),
        *("readiness", "ready"),
    ]
    assert not [call for call in image.calls() if call.startswith("stack.sh")]


def test_a_worker_waits_for_its_controller_and_is_ready(make_image):
    node = make_image("worker")

    assert node.run("devstack-build").returncode == 0, log(node)

    assert stages(node)[-4:] == ["unseal: services", "unseal: controller", "readiness", "ready"]


@pytest.mark.parametrize("role", ["controller", "worker"])
def test_no_placeholder_is_left(make_image, role):
    node = make_image(role)

    node.run("devstack-build")

    left = [
        path for path in finished.found(node, "@DEVSTACK-SECRET") if "/lib/devstack" not in path
    ]
    if role == "worker":
        left = [path for path in left if not path.startswith("var/lib/mysql")]
    # The program that knows how they look is below usr/local/lib.
    assert left == []


def test_files_have_the_new_secrets_and_names(make_image):
    settings = {"primary_az": "west", "secondary_az": "east", "dns_nameservers": ("1.1.1.1",)}
    node = make_image("controller", **settings)

    assert node.run("devstack-build").returncode == 0, log(node)

    nova = (node.root / "etc/nova/nova.conf").read_text()
    assert "stackrabbit:newrabbitpassword@127.0.3.15" in nova
    assert "password = newservicepassword\n" in nova
    assert "default_schedule_zone = west\n" in nova
    cinder = (node.root / "etc/cinder/cinder.conf").read_text()
    assert cinder == "[DEFAULT]\nstorage_availability_zone = west\n"
    ml2 = (node.root / "etc/neutron/plugins/ml2/ml2_conf.ini").read_text()
    assert ml2 == "[ovn]\ndns_servers = 1.1.1.1\n"
    zones = finished.rows(node, "SELECT availability_zone FROM cinder.services")
    assert zones == "west\n"
    assert node.cloud["aggregates"] == {"west": ["controller"]}
    assert (node.root / "etc/nova/nova.conf").stat().st_mode & 0o777 == 0o640


def test_both_nodes_derive_the_same_secrets(make_image):
    """No user data carries them, and the nodes cannot ask each other yet."""
    key = re.compile(r"(?:fixed_key|metadata_proxy_shared_secret) = (.*)")
    files = ("etc/nova/nova.conf", "etc/neutron/neutron_ovn_metadata_agent.ini")
    found = []
    for role in ("controller", "worker"):
        node = make_image(role)
        node.run("devstack-build")
        found.append([key.search((node.root / path).read_text())[1] for path in files])

    secret = hmac.new(b"newservicepassword", b"FIXED_KEY", hashlib.sha256).hexdigest()
    assert found[0] == found[1]
    assert found[0][0] == secret


def test_the_backends_know_the_new_passwords_only(image):
    image.run("devstack-build")

    assert finished.logs_in(image, "newdatabasepassword")
    assert not finished.logs_in(image, "databasepasswordValue")
    rabbit = ("rabbitmqctl", "authenticate_user", "stackrabbit")
    assert image.run(*rabbit, "newrabbitpassword").returncode == 0
    assert image.run(*rabbit, "rabbitpasswordValue").returncode != 0
    urls = finished.rows(image, "SELECT transport_url, database_connection FROM cell_mappings")
    assert "stackrabbit:newrabbitpassword@h/" in urls
    assert "root:newdatabasepassword@h/" in urls
    query = "SELECT name FROM local_user JOIN password ON local_user.id = local_user_id"
    hashed = finished.rows(image, f"{query} WHERE password_hash LIKE '$2b$04$%'")
    assert hashed.split() == ["admin", "demo", "nova"]


def test_keys_are_new(image):
    image.run("devstack-build")

    made = set()
    for folder in ("fernet-keys", "credential-keys"):
        for name in ("0", "1"):
            path = image.root / "etc/keystone" / folder / name
            # As Keystone reads them: 32 bytes, without the end of a line.
            assert len(base64.urlsafe_b64decode(path.read_text())) == 32
            assert len(path.read_text()) == 44
            assert path.stat().st_mode & 0o777 == 0o600
            made.add(path.read_text())
    assert len(made) == 4
    cookie = image.root / "var/lib/rabbitmq/.erlang.cookie"
    assert len(cookie.read_text().strip()) == 64
    assert cookie.stat().st_mode & 0o777 == 0o400


@pytest.mark.parametrize("role", ["controller", "worker"])
def test_the_certificate_of_the_system_is_new(make_image, role):
    node = make_image(role)

    assert node.run("devstack-build").returncode == 0, log(node)

    assert "make-ssl-cert generate-default-snakeoil --force-overwrite" in node.calls()
    assert (node.root / "etc/ssl/private/ssl-cert-snakeoil.key").read_text() == "NEWSNAKEOILKEY\n"


def test_octavia_has_new_keys_that_its_new_passphrase_opens(image):
    image.run("devstack-build")

    octavia = image.root / "etc/octavia"
    conf = dict(
        line.split(" = ") for line in (octavia / "octavia.conf").read_text().splitlines() if line
    )
    assert conf["heartbeat_key"] != "insecure"
    assert len(conf["server_certs_key_passphrase"]) == 32
    key = octavia / "certs/private/server_ca.key.pem"
    opened = ["openssl", "pkey", "-noout", "-in", key, "-passin"]
    new = f"pass:{conf['ca_private_key_passphrase']}"
    assert subprocess.run([*opened, new], check=False, capture_output=True).returncode == 0
    old = "pass:not-secure-passphrase"
    assert subprocess.run([*opened, old], check=False, capture_output=True).returncode != 0
    public = (octavia / ".ssh/octavia_ssh_key.pub").read_text()
    assert (
        finished.rows(image, "SELECT public_key FROM nova_api.key_pairs").strip() == public.strip()
    )
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-E", "md5", "-f", octavia / ".ssh/octavia_ssh_key.pub"],
        capture_output=True,
        text=True,
        check=True,
    )
    fingerprint = finished.rows(image, "SELECT fingerprint FROM nova_api.key_pairs").strip()
    assert f"MD5:{fingerprint}" in shown.stdout


def test_nothing_starts_before_it_has_its_secrets(image):
    """In this order: the backends, their passwords, then all services at once."""
    units = image.root / "etc/systemd/system"

    assert image.run("devstack-build").returncode == 0, log(image)

    calls = image.calls()
    last = "systemctl start --no-block devstack@n-cpu.service apache2.service memcached.service"
    order = ["systemctl start mariadb.service", "host network", last]
    assert [call for call in calls if call in order][:3] == order
    assert list(units.glob("*/sealed.conf")) == []
    assert [call for call in calls if call.startswith("systemctl start")][-1] == last


def test_no_secret_is_in_a_command_line(image):
    for name in ("rabbitmqctl", "mysql"):
        program = image.bin / name
        shutil.move(program, image.bin / f"real-{name}")
        image.fake(name, f'echo "{name} $*" >>"$FAKE_STATE/calls"; exec real-{name} "$@"')

    assert image.run("devstack-build").returncode == 0, log(image)

    assert [call for call in image.calls() if "password" in call and "new" in call] == []
    assert "newrabbitpassword" not in log(image)


@pytest.mark.parametrize(
    ("program", "what"),
    [
        ("rabbitmqctl", "[ERROR] messages: odd failure"),
        ("mysql", "[ERROR] databases: "),
        ("openssl", "[ERROR] certificates: odd failure"),
        ("ovs-vsctl", "odd failure"),
        ("ssh-keygen", "odd failure"),
    ],
)
def test_a_failure_in_the_middle_is_the_verdict_and_nothing_is_repeated(image, program, what):
    image.fake(program, "echo 'odd failure' >&2; exit 5")

    assert image.run("devstack-build").returncode == 1

    answer = image.show()
    assert (answer["verdict"], answer["stage"][:8]) == ("failed", "unseal: ")
    assert what in answer["error"], log(image)
    assert "odd failure" in answer["error"]
    before = stages(image)
    assert image.run("devstack-build").returncode == 1
    assert stages(image) == before


def test_services_of_a_half_unsealed_node_do_not_start(image):
    """After a reboot they would run with some of the new secrets, and with some placeholders."""
    image.fake("ovs-vsctl", "exit 5")
    image.run("devstack-build")

    dropin = image.root / "etc/systemd/system/devstack@.service.d/sealed.conf"
    condition = "ConditionPathExists=!/var/lib/devstack-node/sealed.taken.json"
    assert condition in dropin.read_text()
    assert (image.root / TAKEN).exists()


def test_an_image_loses_power_while_it_starts(image):
    image.fake("rabbitmqctl", 'kill -KILL "$(cat "$FAKE_STATE/build")"; exit 1')
    image.run("bash", "-c", 'echo $$ >"$FAKE_STATE/build"; exec devstack-build')
    image.reboot()

    assert image.run("devstack-boot").returncode == 0

    answer = image.show()
    assert (answer["verdict"], answer["class"]) == ("failed", "interrupted")
    assert answer["error"] == "rebooted during 'unseal: secrets'; replace the instance"
    assert image.run("devstack-build").returncode == 1


def test_unsealing_twice_is_refused(image):
    assert image.run("devstack-build").returncode == 0, log(image)

    done = image.run("devstack-unseal")

    assert done.returncode == 1
    assert "this instance was unsealed before; replace it" in done.stderr


def test_the_first_boot_of_an_image_is_not_checked_as_a_reboot(image):
    """devstack-boot would record a state, by which devstack-build takes the instance for built."""
    assert image.run("devstack-boot").returncode == 0

    assert not (image.root / "var/lib/devstack-node/state.json").exists()
    assert image.run("devstack-build").returncode == 0, log(image)


def test_a_finished_image_is_ready_again_after_a_reboot(image):
    assert image.run("devstack-build").returncode == 0, log(image)
    image.reboot()

    assert image.run("devstack-boot").returncode == 0

    assert image.show()["verdict"] == "ready"


def test_a_node_from_an_image_can_become_an_image(image):
    """After a failure, too: until the second run, no unit must wait for the first image's start."""
    assert image.run("devstack-build").returncode == 0, log(image)
    image.fake("mysqldump", "exit 5")
    assert image.run("devstack-seal").returncode == 1
    assert not (image.root / TAKEN).exists()
    shutil.copy(CLIENTS / "mysqldump", image.bin)

    done = image.run("devstack-seal")

    assert done.returncode == 0, done.stderr
    secrets = finished.NEW.admin_password, finished.NEW.service_password
    assert [path for secret in secrets for path in finished.found(image, secret)] == []
    assert (image.root / MARKER).exists()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "sealed.json: empty"),
        ("{", "sealed.json: no JSON"),
        ('{"schema": 1}', "sealed.json: 'node' is missing, not a dict"),
        ("[]", "sealed.json: JSON, but a list and no object"),
    ],
)
def test_a_malformed_marker_is_named(image, text, error):
    (image.root / MARKER).write_text(text)

    assert image.run("devstack-build").returncode == 1

    assert error in image.show()["error"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"schema": 2}, "schema 2, not 1"),
        ({"files": ["../etc/shadow"]}, "'../etc/shadow' is no file of this node"),
        ({"files": ["/etc/shadow"]}, "'/etc/shadow' is no file of this node"),
        ({"files": [7]}, "'7' is no file of this node"),
        ({"files": ["etc/lost"]}, "etc/lost: No such file or directory; make the image anew"),
    ],
)
def test_an_odd_marker_is_refused(image, change, error):
    path = image.root / MARKER
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    image.run("devstack-build")

    assert error in image.show()["error"]


def test_a_marker_that_others_can_write_is_refused(image):
    (image.root / MARKER).chmod(0o666)

    image.run("devstack-build")

    assert "not root's alone; make the image anew" in image.show()["error"]


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("ROLE", "worker", "ROLE of this image is 'worker', not 'controller'; choose an image"),
        ("OS_VERSION", "24.04", "OS_VERSION of this image is '24.04', not '22.04'"),
        ("DEVSTACK_REF", "stable/2024.2", "DEVSTACK_REF of this image is 'stable/2024.2', not"),
        ("HOST_IP", "10.9.9.9", "HOST_IP of this image is '10.9.9.9', not '127.0.3.15'"),
    ],
)
def test_an_image_of_another_node_is_refused_before_it_is_changed(image, key, value, error):
    path = image.root / MARKER
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, "node": {**found["node"], key: value}}))

    image.run("devstack-build")

    assert error in image.show()["error"]
    assert path.exists()
    assert "@DEVSTACK-SECRET:" in (image.root / "etc/nova/nova.conf").read_text()


def test_a_placeholder_without_a_value_is_named(image):
    nova = image.root / "etc/nova/nova.conf"
    nova.write_text(nova.read_text() + "x = @DEVSTACK-SECRET:LATER@\n")

    image.run("devstack-build")

    assert "there is no value for the placeholder LATER" in image.show()["error"]


def test_a_start_that_hangs_has_a_time_limit(make_image):
    node = make_image("controller", readiness_deadline_s=1)
    node.fake("ovs-vsctl", "exec /bin/sleep 600")

    assert node.run("devstack-build").returncode == 1

    assert "devstack-unseal did not end within 1 s" in node.show()["error"]


@pytest.mark.parametrize(
    "password", ["a/b c'd\"e", "percent%20sign", "back\\slash&", "@DEVSTACK-SECRET:X@"]
)
def test_odd_characters_survive(loaded, password):
    """Only letters and digits pass the program's checks, but a placeholder must never corrupt."""
    del loaded  # puts the node's modules on the path
    from devstack_node import placeholders  # noqa: PLC0415 (the node's own, from the fixture)

    text = f"plain {password} url {placeholders.quote(password, safe='')} end".encode()

    hidden = placeholders.hide(text, {"NAME": password})

    assert password.encode() not in hidden
    assert placeholders.reveal(hidden, {"NAME": password}) == text
