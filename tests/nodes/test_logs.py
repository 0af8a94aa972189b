"""Logs: the archive has the files that a person needs, notes what is missing, has no secret."""

import io
import json
import os
import subprocess
import tarfile

import pytest

from tests.patience import FOREVER_S, PATIENCE_S

CANARY = "canary-5f1c0a9d"
# Files of a real node by path, each with secrets in its contents.
SECRETS = {
    "etc/nova/nova.conf": f"[database]\nconnection = mysql+pymysql://root:{CANARY}1@10.0.3.15/nova\n"
    f"[DEFAULT]\ntransport_url = rabbit://u:{CANARY}2@a:5672,u:{CANARY}3@b:5672/\n"
    f"[neutron]\nmetadata_proxy_shared_secret = {CANARY}4;& more {CANARY}5\n",
    "etc/octavia/octavia.conf": f"[health_manager]\nheartbeat_key = {CANARY}6\n",
    "opt/stack/devstack/local.conf": f"[[local|localrc]]\nADMIN_PASSWORD='{CANARY}7'\n",
    "opt/stack/logs/stack.sh.log.2026-11-25": f"2026 | + x:1 : mysql -uroot -p{CANARY}1\n"
    f"2026 | + openstack --os-password {CANARY}8 token issue\n"
    f"2026 | PASSWORD={CANARY}9 'password': '{CANARY}10', \"secret\": \"{CANARY}11\"\n"
    f"2026 | | id | gAAAAAB{CANARY}aaaaaaaaaaaaaaaaaaaaaaaa |\n"
    f"2026 | heartbeat {CANARY}6\n"
    "2026 | config-set-passwords: running\n"
    f"2026 | git clone https://u:{CANARY}12@host/x\n",
    "var/log/cloud-init-output.log": "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    f"2026 {CANARY}13\n-----END OPENSSH PRIVATE KEY-----\nafter the key\n",
}


@pytest.fixture
def node(controller):
    """A controller whose journal, units and cloud-init answer."""
    controller.fake("journalctl", 'echo "journal: $*"')
    controller.fake("systemctl", 'echo "devstack@n-api.service loaded active running Nova"')
    controller.fake("cloud-init", 'echo "{\\"asked\\": \\"$*\\"}"')
    controller.fake("ip", "echo lo")
    controller.write("var/log/devstack-node/build.log", "cloned\n")
    controller.state("stage", "stack.sh")
    for path, text in SECRETS.items():
        controller.write(path, text)
    controller.write("opt/stack/logs/stack.sh.log.2026-11-25.summary", "2026 | Starting Nova\n")
    for name in ("", ".summary"):
        link = controller.root / f"opt/stack/logs/stack.sh.log{name}"
        link.symlink_to(f"stack.sh.log.2026-11-25{name}")
    return controller


def collect(node, timeout_s=PATIENCE_S):
    """Return the files of the node's archive by name."""
    environment = {"PATH": f"{node.bin}:{os.environ['PATH']}", "DEVSTACK_NODE_ROOT": node.root}
    done = subprocess.run(
        [node.root / "usr/local/sbin/devstack-logs", "--timeout", str(timeout_s)],
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    with tarfile.open(fileobj=io.BytesIO(done.stdout), mode="r:gz") as archive:
        return {name: archive.extractfile(name).read().decode() for name in archive.getnames()}


def test_what_a_person_looks_for_is_there_by_its_name(node):
    files = collect(node)

    assert files.keys() >= {
        *("state.json", "events.jsonl", "build.log", "stack.sh.log", "local.conf"),
        *("cloud-init-output.log", "cloud-init/status.long.json", "cloud-init/schema.txt"),
        *("etc/nova/nova.conf", "etc/octavia/octavia.conf", "journal.log", "units.txt"),
        *("journal/devstack@n-api.service.log", "collected.txt"),
    }
    assert json.loads(files["state.json"])["stage"] == "stack.sh"
    assert files["journal.log"] == "journal: --no-pager --output short-iso --boot\n"
    assert json.loads(files["cloud-init/status.long.json"]) == {
        "asked": "status --long --format json"
    }


def test_no_secret_leaves_the_node(node, credentials):
    """Masks the secrets of the node's configuration, and values where secrets usually are."""
    node.write("opt/stack/logs/known.log", f"+ mysql -p{credentials.database_password}\n")
    text = "\n".join(collect(node).values())

    assert CANARY not in text
    assert credentials.database_password not in text
    # Nothing else is masked.
    assert "mysql+pymysql://***@10.0.3.15/nova" in text
    assert "after the key" in text
    assert "--os-password *** token issue" in text
    assert "config-set-passwords: running" in text


def test_texts_are_plain(node):
    node.write("opt/stack/logs/colours.log", "\x1b[31;1mERROR\x1b[0m no\r\n10 %\r20 %\n\x07")

    assert collect(node)["colours.log"] == "ERROR no\n10 %\n20 %\n"


def test_a_file_with_two_names_is_there_once(node):
    """DevStack's log is large, and also has a name with its date."""
    files = collect(node)

    assert sorted(name for name in files if name.startswith("stack.sh")) == [
        "stack.sh.log",
        "stack.sh.log.summary",
    ]


def test_a_link_that_leads_elsewhere_is_not_followed(node):
    """The stack user may create links there, but root reads the files."""
    shadow = node.write("etc/shadow", "root:x")
    (node.root / "opt/stack/logs/innocent.log").symlink_to(shadow)

    assert "innocent.log" not in collect(node)


def test_a_link_to_itself_is_left_out_and_the_rest_is_there(node):
    (node.root / "opt/stack/logs/loop.log").symlink_to("loop.log")

    files = collect(node)

    assert "loop.log" not in files
    assert "stack.sh.log" in files


@pytest.mark.parametrize(
    "path",
    ["run/cloud-init/instance-data-sensitive.json", "var/lib/cloud/instance/user-data.txt"],
)
def test_user_data_is_left_where_it_is(node, path):
    """It holds host keys and all passwords."""
    node.write(path, "{}")
    node.write("var/lib/cloud/data/result.json", "{}")

    files = collect(node)
    assert "cloud-init/result.json" in files
    assert not any(path.rpartition("/")[2] in name for name in files)


def test_a_huge_file_keeps_its_beginning_and_its_end(node):
    lines = "".join(f"line {number} {'x' * 100}\n" for number in range(200_000))
    node.write("opt/stack/logs/huge.log", lines)

    files = collect(node)
    text = files["huge.log"]
    assert len(text) < 17 * 2**20 < len(lines)
    assert text.startswith("line 0 ")
    assert text.endswith(lines[-110:])
    [note] = [line for line in files["collected.txt"].splitlines() if "huge.log" in line]
    left_out = int(note.removeprefix("huge.log: ").removesuffix(" bytes were left out"))
    # Only whole lines are left out.
    assert 0 <= left_out - (len(lines) - 16 * 2**20) < 2 * 120
    assert all(line.startswith(("line ", "… ")) for line in text.splitlines())


def test_what_is_missing_or_fails_is_noted_and_the_rest_is_there(make_node):
    """The logs matter most on a node that never started its build."""
    node = make_node("worker")
    node.fake("journalctl", "exit 1")
    node.fake("cloud-init", "echo 'Invalid schema: no'; exit 1")
    node.fake("systemctl", "exit 1")
    node.fake("ip", "exit 127")

    files = collect(node)
    assert files["cloud-init/schema.txt"] == "Invalid schema: no\n"
    assert "cloud-init/schema.txt: cloud-init ended with 1" in files["collected.txt"]
    assert "journal.log: journalctl ended with 1" in files["collected.txt"]


def test_the_time_is_bounded_and_the_rest_is_noted(node):
    """The files take a moment, and the first command the rest of the time."""
    node.fake("cloud-init", f"exec sleep {FOREVER_S}")
    files = collect(node, timeout_s=20)

    assert "build.log" in files
    assert "cloud-init/status.long.json: cut off after " in files["collected.txt"]
    assert "journal.log: no time was left" in files["collected.txt"]


def test_an_earlier_boot_is_asked_for_only_if_there_was_one(node):
    node.fake("journalctl", 'echo "IDX BOOT ID"; echo " 0 b"')
    assert "journal.previous-boot.log" not in collect(node)
    node.fake("journalctl", 'echo "IDX BOOT ID"; echo " -1 a"; echo "  0 b"')

    assert "journal.previous-boot.log" in collect(node)
