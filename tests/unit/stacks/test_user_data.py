"""User data: as cloud-init reads it on either node, and refusals."""

import base64
import dataclasses
import gzip
import json
import os
import re
import string
import subprocess
import sys
import zipfile

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from stacks.credentials import Credentials
from stacks.rootfs import TemplateError, Templates, files
from stacks.settings import Settings
from stacks.user_data import (
    USER_DATA_LIMIT_BYTES,
    UserDataError,
    refuse_oversize,
    render,
    validate,
)

ROLES = ("controller", "worker")
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n"
CREDENTIALS = Credentials(
    admin_password="a" * 32,
    database_password="b" * 32,
    rabbit_password="c" * 32,
    service_password="d" * 32,
    ssh_private_key=KEY.format("stack"),
    ssh_public_key="ssh-ed25519 AAAAstack",
    controller_host_key=KEY.format("controller"),
    controller_host_key_public="ssh-ed25519 AAAAcontroller",
    worker_host_key=KEY.format("worker"),
    worker_host_key_public="ssh-ed25519 AAAAworker",
)
SECRET_FIELDS = [f.name for f in dataclasses.fields(Credentials) if "public" not in f.name]


def settings(**values: object) -> Settings:
    return Settings(stack="ci", project="test", **values)


def document(role: str, **values: object) -> dict:
    return yaml.load(render(settings(**values), role, CREDENTIALS), yaml.CSafeLoader)


def written(role: str, **values: object) -> dict[str, dict]:
    return {entry["path"]: entry for entry in document(role, **values)["write_files"]}


@pytest.mark.parametrize("role", ROLES)
def test_the_same_input_gives_the_same_bytes(role):
    """A changed byte would replace the node."""
    assert render(settings(), role, CREDENTIALS) == render(settings(), role, CREDENTIALS)


@pytest.mark.parametrize("role", ROLES)
def test_the_first_bytes_are_those_that_cloud_init_goes_by(role):
    assert render(settings(), role, CREDENTIALS).startswith("#cloud-config\nhostname:")


@pytest.mark.parametrize("role", ROLES)
def test_it_is_plain_readable_text(role):
    """Scripts are unencoded YAML blocks, so that reviewers can read them within the size limit."""
    text = render(settings(), role, CREDENTIALS)

    assert "encoding:" not in text
    assert "    set -o errexit -o nounset -o pipefail\n" in text


@pytest.mark.parametrize("role", ROLES)
def test_there_is_one_command_and_no_upgrade(role):
    """Only the last command's status counts, and an upgrade may restart the running cloud-init."""
    made = document(role)

    assert made["runcmd"] == [["/usr/local/sbin/devstack-build"]]
    assert made["package_upgrade"] is False
    assert made["packages"] == ["git", "python3"]


@pytest.mark.parametrize("role", ROLES)
def test_the_one_command_is_a_file_that_is_written(role):
    [[command]] = document(role)["runcmd"]

    assert written(role)[command]["permissions"] == "0755"


@pytest.mark.parametrize("role", ROLES)
def test_every_file_has_a_mode_and_no_owner(role):
    """cloud-init drops a file whose owner does not exist yet, and all files after it."""
    for path, entry in written(role).items():
        assert set(entry) == {"path", "permissions", "content"}, path
        assert entry["permissions"] in {"0755", "0644", "0600"}, path


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_written_to_a_world_writable_directory(role):
    assert not [path for path in written(role) if re.match(r"/(var/)?tmp/|/dev/shm/", path)]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("field", SECRET_FIELDS)
def test_a_secret_is_only_where_only_root_reads(role, field):
    secret = getattr(CREDENTIALS, field).strip()

    showing = [e for e in written(role).values() if secret in e["content"]]

    assert {entry["permissions"] for entry in showing} <= {"0600"}


@pytest.mark.parametrize("role", ROLES)
def test_a_node_gets_its_own_host_key_and_no_other_private_key(role):
    other = "worker" if role == "controller" else "controller"
    made = document(role)

    assert made["ssh_keys"] == {
        "ed25519_private": KEY.format(role),
        "ed25519_public": f"ssh-ed25519 AAAA{role}",
    }
    assert made["ssh_deletekeys"] is True
    text = render(settings(), role, CREDENTIALS)
    assert KEY.format(other).splitlines()[1] not in re.findall(r"^\s+(\w+)$", text, re.MULTILINE)
    assert CREDENTIALS.ssh_private_key.splitlines()[1] not in re.findall(r"^\s+(\w+)$", text)


def test_the_user_has_no_password_and_both_kinds_of_keys():
    """The readiness check and the job log in with the stack's own key."""
    made = document("worker", ssh_user="someone", ssh_authorized_keys=("ssh-rsa AAAA build: bot",))

    assert made["users"] == [
        {
            "name": "someone",
            "shell": "/bin/bash",
            "lock_passwd": True,
            "sudo": "ALL=(ALL) NOPASSWD:ALL",
            "ssh_authorized_keys": ["ssh-ed25519 AAAAstack", "ssh-rsa AAAA build: bot"],
        }
    ]
    assert made["ssh_pwauth"] is False


@pytest.mark.parametrize("role", ROLES)
def test_updates_of_the_image_leave_the_build_alone(role):
    """Periodic apt is off, apt waits for its lock, and needrestart only lists services."""
    conf = document(role)["apt"]["conf"]

    assert 'APT::Periodic::Enable "0";' in conf
    assert 'DPkg::Lock::Timeout "300";' in conf
    path = "/etc/needrestart/conf.d/devstack-node.conf"
    assert "$nrconf{restart} = 'l';\n" in written(role)[path]["content"]


def test_mirrors_are_set_only_when_asked_for():
    mirrors = {"package_mirror": "https://apt.example/u", "pip_index_url": "https://pip.example/s"}

    assert "primary" not in document("worker")["apt"]
    assert "/etc/pip.conf" not in written("worker")
    assert document("worker", **mirrors)["apt"]["primary"] == [
        {"arches": ["default"], "uri": "https://apt.example/u"}
    ]
    pip = written("worker", **mirrors)["/etc/pip.conf"]["content"]
    assert pip == "[global]\nindex-url = https://pip.example/s\n"


def node_env(role: str, **values: object) -> dict[str, str]:
    lines = written(role, **values)["/etc/devstack-node/node.env"]["content"].splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_host_names_are_the_same_in_every_stack():
    """Nova names its service hosts so, and the controller finds the worker by that name."""
    assert document("worker", cluster_name="x")["hostname"] == "worker"
    assert node_env("controller", cluster_name="x")["WORKER_HOSTNAME"] == "worker"


def test_both_nodes_are_told_the_same_of_each_other():
    worker = node_env("worker")
    differing = {name for name, value in node_env("controller").items() if worker[name] != value}

    assert differing == {"ROLE", "HOST_IP", "SERVICES", "STACK_DEADLINE_S"}


def test_the_workers_stack_sh_may_take_its_wait_and_more():
    """Its time limit must not end a wait that the controller can still satisfy."""
    told = node_env("worker", node_deadline_s=100)

    assert int(told["STACK_DEADLINE_S"]) > int(told["NODE_DEADLINE_S"]) == 100


def test_the_gateway_is_the_floating_range_s_first_address():
    assert node_env("controller", floating_cidr="172.25.0.0/23")["FLOATING_GATEWAY"] == (
        "172.25.0.1/23"
    )


def test_without_a_worker_the_controller_knows_of_none():
    told = node_env("controller", worker=False)

    assert (told["WORKER_HOSTNAME"], told["WORKER_IP"]) == ("''", "''")


def test_each_node_gets_only_its_own_programs():
    only_controller = "/usr/local/lib/devstack-node/devstack_controller/register.py"
    only_worker = "/usr/local/lib/devstack-node/devstack_worker/await_controller.py"

    assert only_controller in written("controller")
    assert only_controller not in written("worker")
    assert only_worker in written("worker")
    assert only_worker not in written("controller")


def test_a_devstack_ref_is_what_is_cloned():
    told = node_env("worker", devstack_ref="0123abc", git_base="https://git.example")

    assert told["DEVSTACK_REF"] == "0123abc"
    assert told["DEVSTACK_REPOSITORY"] == "https://git.example/openstack/devstack"


@examples(max_examples=25)
@given(comment=st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=60))
def test_the_comment_of_a_key_arrives_byte_for_byte(comment):
    """Comments may contain `build: bot`, quotes, braces and dollar signs."""
    key = f"ssh-ed25519 AAAA {comment}"

    assert (
        document("worker", ssh_authorized_keys=(key,))["users"][0]["ssh_authorized_keys"][1] == key
    )


@examples(max_examples=25)
@given(text=st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=200))
def test_an_overlay_arrives_byte_for_byte(text):
    """YAML, Jinja and shell syntax in it must have no effect."""
    overlay = f"# {text}\nX={{{{ not_ours }}}} $SERVICE_HOST ${{HOME}}\n"

    content = written("worker", local_conf_extra=overlay)["/etc/devstack-node/local.conf"][
        "content"
    ]

    assert content.endswith(f"\n{overlay}")


def test_two_hundred_kilobytes_of_overlay_fit():
    line = "#" * 99 + "\n"

    text = render(settings(local_conf_extra=line * 2000), "controller", CREDENTIALS)

    assert len(text.encode()) <= USER_DATA_LIMIT_BYTES


def test_programs_are_packed_for_a_big_overlay_and_stay_the_same():
    """Otherwise our own files would use up the space of the overlay."""
    overlay = ("#" * 99 + "\n") * 1800
    plain, packed = written("controller"), written("controller", local_conf_extra=overlay)

    path = "/usr/local/sbin/devstack-build"
    assert "encoding" not in plain[path]
    assert packed[path]["encoding"] == "gz+b64"
    unpacked = gzip.decompress(base64.b64decode(packed[path]["content"])).decode()
    assert unpacked == plain[path]["content"]
    assert packed["/etc/devstack-node/local.conf"]["content"].endswith(overlay)


def test_the_packed_library_has_the_same_modules_and_python_runs_them(tmp_path):
    """It is a single archive at the path of the directory."""
    library = "/usr/local/lib/devstack-node"
    plain, packed = written("worker"), written("worker", local_conf_extra=("#" * 99 + "\n") * 1800)
    archive = tmp_path / "devstack-node"
    archive.write_bytes(gzip.decompress(base64.b64decode(packed[library]["content"])))

    with zipfile.ZipFile(archive) as opened:
        modules = {name: opened.read(name).decode() for name in opened.namelist()}
    done = subprocess.run(
        [sys.executable, "-B", "-m", "devstack_node", "status", "--help"],
        env={"PYTHONPATH": str(archive)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert modules == {
        path.removeprefix(f"{library}/"): entry["content"]
        for path, entry in plain.items()
        if path.startswith(f"{library}/")
    }
    assert done.stdout.startswith("usage: devstack-status"), done.stderr


def test_a_big_overlay_is_packed_if_packed_programs_do_not_make_room_for_it():
    overlay = ("#" * 99 + "\n") * 2000
    entry = written("controller", local_conf_extra=overlay)["/etc/devstack-node/local.conf"]

    assert entry["permissions"] == "0600"
    assert gzip.decompress(base64.b64decode(entry["content"])).decode().endswith(f"\n{overlay}")


def test_three_hundred_kilobytes_that_cannot_be_packed_are_refused_with_both_sizes():
    text = base64.b64encode(os.urandom(225_000)).decode()
    with pytest.raises(UserDataError, match=r"user data is 3\d{5} bytes and .* takes 262144"):
        render(settings(local_conf_extra=text), "worker", CREDENTIALS)


def test_the_limit_counts_bytes():
    refuse_oversize("é" * (USER_DATA_LIMIT_BYTES // 2))

    with pytest.raises(UserDataError):
        refuse_oversize("é" * (USER_DATA_LIMIT_BYTES // 2 + 1))


def entry(path: str, **more: object) -> dict:
    return {"path": path, "permissions": "0644", "content": "", **more}


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"runcmd": [["a"], None]}, "None is no command"),
        ({"runcmd": [["a", None]]}, "is no command"),
        ({"runcmd": [""]}, "is no command"),
        ({"write_files": [entry("/tmp/x")]}, "'/tmp/x' is in a world-writable"),  # noqa: S108
        ({"write_files": [entry("/var/tmp/x")]}, "world-writable"),  # noqa: S108
        ({"write_files": [entry("etc/x")]}, "'etc/x' is not absolute"),
        ({"write_files": [entry("/etc/../tmp/x")]}, "is not absolute"),
        ({"write_files": [entry("/x"), entry("/x")]}, "'/x' is there twice"),
        ({"write_files": [entry("/x", owner="stack:stack")]}, "owner that is not there yet"),
    ],
)
def test_what_cloud_init_would_lose_or_do_unsafely_is_refused(made, reason):
    with pytest.raises(UserDataError, match=reason):
        validate({"runcmd": [], "write_files": [], **made})


def test_another_owner_is_accepted_once_users_exist():
    validate({"runcmd": [], "write_files": [entry("/x", owner="cloud:cloud", defer=True)]})


@pytest.fixture
def tree(tmp_path):
    """A root file system with a file of each kind."""
    for name, text, mode in (
        ("etc/plain", "{{ untouched }} $HOME", 0o644),
        ("etc/value.tmpl", "${A} {{ value }}\n", 0o644),
        ("etc/key.secret.tmpl", "{{ secret }}", 0o644),
        ("sbin/program", "#!/bin/sh\n", 0o755),
        ("lib/__pycache__/x.pyc", "", 0o644),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    return tmp_path


def test_modes_and_rendering_go_by_the_name_and_the_run_bit(tree):
    found = list(files(tree, Templates({"value": "$B", "secret": "s"})))

    assert [(e["path"], e["permissions"], e["content"]) for e in found] == [
        ("/etc/key", "0600", "s"),
        ("/etc/plain", "0644", "{{ untouched }} $HOME"),
        ("/etc/value", "0644", "${A} $B\n"),
        ("/sbin/program", "0755", "#!/bin/sh\n"),
    ]


def test_a_value_that_is_missing_is_an_error_that_names_it(tree):
    with pytest.raises(TemplateError, match=r"key\.secret\.tmpl: 'secret' is undefined"):
        list(files(tree, Templates({"value": "x"})))


def test_a_value_that_nobody_uses_is_an_error_that_names_it(tree):
    """A setting without effect is worse than no setting."""
    templates = Templates({"value": "x", "secret": "s", "extra": 1})
    list(files(tree, templates))

    with pytest.raises(TemplateError, match="no template uses extra"):
        templates.refuse_unused()


def test_a_secret_in_a_readable_file_is_refused():
    """For instance, an overlay's author may put a password into a service's name."""
    with pytest.raises(UserDataError, match=r"node\.env' shows admin_password to everyone"):
        render(settings(primary_az="a" * 32), "controller", CREDENTIALS)


@examples(max_examples=25)
@given(
    names=st.lists(
        st.text(alphabet=string.ascii_lowercase + "-", min_size=1, max_size=12).filter(
            lambda name: not name.startswith("-")
        ),
        unique=True,
        max_size=5,
    )
)
def test_services_arrive_in_both_files_alike(names):
    """The node's checks and DevStack must use the same set."""
    made = written("controller", additional_services=tuple(names))
    services = node_env("controller", additional_services=tuple(names))["SERVICES"]

    assert f"ENABLED_SERVICES={services}\n" in made["/etc/devstack-node/local.conf"]["content"]
    assert set(names) <= set(services.split(","))


def test_the_document_survives_json_and_yaml():
    """It has no value that another parser could read as another type."""
    made = document("controller")

    assert json.loads(json.dumps(made)) == made
