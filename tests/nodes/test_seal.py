"""Seal: a finished node keeps no secret and no identity, and says what it is an image of."""

import os
from functools import partial

import pytest

from tests.nodes import finished

REMOVED = (
    *("etc/devstack-node/local.conf", "etc/devstack-node/node.env", "etc/pip.conf"),
    *("etc/keystone/fernet-keys", "etc/keystone/credential-keys", "etc/octavia/certs"),
    *("etc/octavia/.ssh", "opt/stack/octavia/bin/dual_ca", "var/lib/rabbitmq/.erlang.cookie"),
    *("etc/ssh/ssh_host_ed25519_key", "home/capo/.ssh/authorized_keys"),
    *("root/.ssh/authorized_keys", "home/capo/.bash_history", "var/lib/systemd/random-seed"),
    *("opt/stack/devstack/local.conf", "opt/stack/devstack/.localrc.auto"),
    *("opt/stack/devstack/.stackenv", "var/log/devstack-node", "var/lib/cloud/instances"),
    *("etc/ssl/private/ssl-cert-snakeoil.key", "etc/ssl/certs/ssl-cert-snakeoil.pem"),
    *("etc/pki/tls/private/localhost.key", "var/lib/mysql/private_key.pem"),
    *("var/lib/devstack-node/state.json", "var/lib/devstack-node/sealing.secrets"),
)


@pytest.fixture
def make_finished(make_node, clouds, tmp_path):
    """Make a finished node of a role."""
    return partial(finished.make, make_node, clouds, tmp_path)


@pytest.fixture
def controller(make_finished):
    return make_finished("controller")


def seal(node):
    done = node.run("devstack-seal")
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("role", ["controller", "worker"])
def test_a_sealed_node_has_none_of_its_secrets(make_finished, role):
    node = make_finished(role)
    secrets = [*finished.passwords(node).values(), "sharedOfTheBake", "COOKIEOFTHEBAKE"]
    secrets += ["HOSTKEYOFTHEBAKE", "CLIENTKEYOFTHEBAKE", "CAKEY", "user:word@mirror"]

    seal(node)

    # The stand-in databases of a worker are not used; its own services have none.
    left = {path for secret in secrets for path in finished.found(node, secret)}
    if role == "worker":
        left = {path for path in left if not path.startswith(("var/lib/mysql", "var/lib/rabbitmq"))}
    assert left == set()
    assert [path for path in REMOVED if (node.root / path).exists()] == []
    assert (node.root / "etc/machine-id").read_text() == ""


def test_the_files_say_where_each_secret_belongs(controller):
    nova = controller.root / "etc/nova/nova.conf"
    seal(controller)

    assert nova.read_text() == (
        "[DEFAULT]\n"
        "transport_url = rabbit://stackrabbit:@DEVSTACK-SECRET:RABBIT_PASSWORD@@127.0.3.15:5672/\n"
        "default_schedule_zone = @DEVSTACK-SECRET:SCHEDULE_ZONE@\n"
        "[key_manager]\n"
        "fixed_key = @DEVSTACK-SECRET:FIXED_KEY@\n"
        "[keystone_authtoken]\n"
        "password = @DEVSTACK-SECRET:SERVICE_PASSWORD@\n"
    )
    assert nova.stat().st_mode & 0o777 == 0o640
    octavia = (controller.root / "etc/octavia/octavia.conf").read_text()
    assert "heartbeat_key = @DEVSTACK-SECRET:HEARTBEAT_KEY@\ninsecure = False\n" in octavia
    accrc = controller.root / "opt/stack/devstack/accrc/admin/admin"
    assert accrc.read_text() == 'export OS_PASSWORD="@DEVSTACK-SECRET:ADMIN_PASSWORD@"\n'


def test_the_marker_says_what_the_image_is(controller):
    done = seal(controller)

    found = finished.marker(controller)
    assert done.stdout.splitlines() == [
        (controller.root / "var/lib/devstack-node/sealed.json").read_text()
    ]
    assert found["commits"] == {"nova": "68fdaf29"}
    assert found["node"]["ROLE"] == "controller"
    assert found["node"]["HOST_IP"] == "127.0.3.15"
    assert {"etc/nova/nova.conf", "opt/stack/.my.cnf"} <= set(found["files"])
    assert (controller.root / "var/lib/devstack-node/sealed.json").stat().st_mode & 0o777 == 0o600


def test_the_databases_admit_only_root_by_the_socket(controller):
    passwords = finished.passwords(controller)
    assert finished.logs_in(controller, passwords["DATABASE_PASSWORD"])

    seal(controller)

    assert not finished.logs_in(controller, passwords["DATABASE_PASSWORD"])
    hashes = set(finished.rows(controller, "SELECT password_hash FROM keystone.password").split())
    assert hashes == {"@DEVSTACK-SECRET:ADMIN_PASSWORD@", "@DEVSTACK-SECRET:SERVICE_PASSWORD@"}
    urls = finished.rows(controller, "SELECT transport_url, database_connection FROM cell_mappings")
    assert "stackrabbit:@DEVSTACK-SECRET:RABBIT_PASSWORD@@" in urls
    assert "root:@DEVSTACK-SECRET:DATABASE_PASSWORD@@" in urls
    assert finished.rows(controller, "SELECT * FROM keystone.credential") == ""


@pytest.mark.parametrize("name", finished.PASSWORDS)
def test_rabbitmq_and_keystone_know_no_password(controller, name):
    password = finished.passwords(controller)[name]
    seal(controller)

    words = ("rabbitmqctl", "authenticate_user", "stackrabbit", password)
    assert controller.run(*words).returncode != 0


def test_services_end_before_what_they_use(controller):
    controller.fake("mysqldump", 'echo mysqldump >>"$FAKE_STATE/calls"')
    seal(controller)

    ends = [
        *("systemctl disable --quiet devstack-boot.service",),
        *("systemctl stop apache2.service", "systemctl stop devstack@*.service", "mysqldump"),
        *("systemctl stop mariadb.service", "cloud-init clean --logs --seed"),
    ]
    calls = [call for call in controller.calls() if call in ends]
    assert list(dict.fromkeys(calls)) == ends


def test_nothing_is_logged_on_the_disk_of_an_image(controller):
    """Journald would make the folder of this machine's journal anew, with this seal in it."""
    journal = controller.write("var/log/journal/0123456789abcdef/system.journal", "x")
    controller.fake("journalctl", f'[[ $* == --relinquish-var && -e {journal} ]] && touch "$0.ok"')

    seal(controller)

    assert (controller.bin / "journalctl.ok").exists()
    assert list((controller.root / "var/log/journal").iterdir()) == []


def test_units_of_an_image_do_not_start(controller):
    seal(controller)

    units = controller.root / "etc/systemd/system"
    held = {path.parent.name for path in units.glob("*/sealed.conf")}
    assert held == {
        *("devstack@.service.d", "mariadb.service.d"),
        *("rabbitmq-server.service.d", "apache2.service.d", "memcached.service.d"),
    }
    condition = "ConditionPathExists=!/var/lib/devstack-node/sealed.json\n"
    assert condition in (units / "devstack@.service.d/sealed.conf").read_text()


@pytest.mark.parametrize(
    "line",
    [
        *("HOSTKEYOFTHEBAKE", "CLIENTKEYOFTHEBAKE", "COOKIEOFTHEBAKE"),
        *("SNAKEOILOFTHEBAKE", "HTTPDKEYOFTHEBAKE", "MYSQLKEYOFTHEBAKE"),
    ],
)
def test_a_copy_of_a_key_is_found(controller, line):
    """Keys are removed by their paths, but a tool may have copied one."""
    copy = controller.write("var/backups/copy.pem", f"-----BEGIN-----\n{line}\n")

    done = controller.run("devstack-seal")

    assert f"a secret is left in {copy}\n" in done.stderr


@pytest.mark.parametrize(
    ("path", "binary"),
    [
        ("var/lib/odd/state", b"\0\0"),
        ("opt/stack/nova/.git/config", b""),
        ("opt/stack/data/venv/x.py", b""),
        ("srv/sparse.img", b"\0" * 9_000_000),
        ("usr/local/bin/tool", b"\x7fELF\0"),
    ],
    ids=["binary", "repository", "environment", "large", "program"],
)
def test_a_secret_in_an_odd_place_is_found(controller, path, binary):
    """What cannot be replaced must not get into an image."""
    controller.write("opt/stack/data/venv/pyvenv.cfg", "")
    password = finished.passwords(controller)["ADMIN_PASSWORD"]
    target = controller.write(path, "")
    target.write_bytes(binary + password.encode() + binary)

    done = controller.run("devstack-seal")

    assert done.returncode == 1
    assert f"[ERROR] seal: a secret is left in {target}\n" in done.stderr
    assert controller.show()["verdict"] == "failed"


def test_holes_of_a_large_file_are_not_read(controller):
    """A volume group's file has 30 GB and no data."""
    with (controller.root / "opt/stack/data-file").open("wb") as file:
        os.truncate(file.fileno(), 2**40)

    seal(controller)


def test_a_password_that_is_url_encoded_is_found_too(controller):
    conf = controller.root / "etc/devstack-node/local.conf"
    old = finished.passwords(controller)["RABBIT_PASSWORD"]
    conf.write_text(conf.read_text().replace(old, "'odd/pass word'"))
    nova = controller.write("etc/nova/nova.conf", "a = odd/pass word\nb = odd%2Fpass%20word\n")

    seal(controller)

    placeholder = (
        "a = @DEVSTACK-SECRET:RABBIT_PASSWORD@\nb = @DEVSTACK-SECRET-URL:RABBIT_PASSWORD@\n"
    )
    assert nova.read_text() == placeholder


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("ADMIN_PASSWORD=short", "ADMIN_PASSWORD has less than 8 characters"),
        ("ADMIN_PASSWORD=servicepasswordValue", "two passwords of local.conf are equal"),
        ("", "no ADMIN_PASSWORD in it"),
        ("ADMIN_PASSWORD='cut", "closing quotation"),
    ],
)
def test_passwords_that_cannot_be_told_apart_are_refused(controller, line, error):
    conf = controller.root / "etc/devstack-node/local.conf"
    conf.write_text(conf.read_text().replace("ADMIN_PASSWORD=adminpasswordValue", line))

    done = controller.run("devstack-seal")

    assert done.returncode == 1
    assert error in done.stderr
    assert "systemctl stop devstack@*.service" not in controller.calls()


def test_a_user_with_another_password_is_named(controller):
    """A start could not replace its hash, so the password of the bake would stay valid."""
    change = "UPDATE keystone.password SET password_hash = '$2b$04$other' WHERE id = 1"
    password = finished.passwords(controller)["DATABASE_PASSWORD"]
    finished.rows(controller, change, password)

    done = controller.run("devstack-seal")

    assert "row 1 of keystone.password is of no password in local.conf" in done.stderr
    assert finished.logs_in(controller, password)


def test_a_password_in_any_row_of_a_database_is_found(controller):
    password = finished.passwords(controller)["SERVICE_PASSWORD"]
    change = f"UPDATE cinder.services SET host = 'x-{password}'"  # noqa: S608 (a test's own words)
    finished.rows(controller, change, finished.passwords(controller)["DATABASE_PASSWORD"])

    done = controller.run("devstack-seal")

    assert "the databases still hold SERVICE_PASSWORD" in done.stderr


@pytest.mark.parametrize("verdict", [("fail", "stack.sh ended with 1"), ("stage", "stack.sh")])
def test_a_node_that_is_not_ready_is_left_alone(controller, verdict):
    controller.state(*verdict)

    done = controller.run("devstack-seal")

    assert done.returncode == 1
    assert "seal a finished node only" in done.stderr
    assert controller.calls() == []


@pytest.mark.parametrize("program", ["mysqldump", "rabbitmqctl", "cloud-init", "systemctl", "find"])
def test_a_second_run_seals_after_a_failure_in_the_middle(controller, program):
    fake = controller.bin / program
    before = fake.read_text() if fake.exists() else None
    secrets = finished.passwords(controller).values()
    controller.fake(program, "echo 'odd failure' >&2; exit 5")
    assert controller.run("devstack-seal").returncode == 1
    assert not (controller.root / "var/lib/devstack-node/sealed.json").exists()
    assert controller.show()["error"].endswith("run devstack-seal again")
    if before is None:
        fake.unlink()
    else:
        fake.write_text(before)

    seal(controller)

    assert [path for secret in secrets for path in finished.found(controller, secret)] == []


def test_a_secret_that_appeared_after_a_failure_is_still_known(controller):
    """The second run no longer finds the secrets in local.conf, but must know them."""
    password = finished.passwords(controller)["ADMIN_PASSWORD"]
    binary = controller.write("var/lib/odd/state", f"\0{password}")
    assert controller.run("devstack-seal").returncode == 1
    assert controller.run("devstack-seal").returncode == 1
    binary.unlink()

    seal(controller)


def test_a_node_that_loses_power_while_it_is_sealed_can_be_sealed(controller):
    controller.state("stage", "seal: files")
    controller.reboot()
    controller.run("devstack-boot")
    assert controller.show()["class"] == "interrupted"

    seal(controller)


def test_sealing_twice_is_once(controller):
    first = seal(controller).stdout

    assert seal(controller).stdout == first
