"""Image key: it changes with everything that a build depends on, and with nothing else."""

import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.credentials import Credentials
from stacks.image_key import KINDS, LOCAL_CONF, SCRIPTS, image_key, name_differences
from stacks.settings import Settings
from stacks.user_data import render

ROOT = Path(__file__).parent.parent.parent.parent
ROLES = ("controller", "worker")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHrmC7wIIWd+7yNQB3OyqzRzfBKr4Kj0ZTzGrNyt1eI7"
BASE = Settings(stack="ci", project="capo", horizon=True)
# Another accepted value for each field. Horizon is on, so that every ref reaches a node.
OTHER = {
    "stack": "other",
    "project": "other",
    "cluster_name": "other",
    "labels": ("pr=17",),
    "region": "us-east1",
    "zones": ("us-east4-b",),
    "controller_zone": "us-east4-b",
    "worker_zone": "us-east4-b",
    "create_timeout_s": 301,
    "worker": False,
    "operating_system": "debian-12",
    "image": "debian-cloud/debian-12-bookworm-v20260114",
    "controller_machine_type": "n2-standard-8",
    "worker_machine_type": "n2-standard-16",
    "min_cpu_platform": "Intel Ice Lake",
    "boot_disk_gib": 200,
    "boot_disk_type": "pd-balanced",
    "spot": True,
    "vcpu_quota": 32,
    "ssd_quota_gib": 2000,
    "internal_cidr": "10.0.2.0/23",
    "controller_ip": "10.0.3.25",
    "worker_ip": "10.0.3.26",
    "mtu": 1500,
    "existing_network": "vpc",
    "existing_subnetwork": "nodes",
    "worker_external_ip": True,
    "floating_cidr": "172.25.0.0/24",
    "tenant_cidr": "10.2.0.0/20",
    "dns_nameservers": ("1.1.1.1",),
    "ssh_source_ranges": ("192.0.2.0/24",),
    "http_source_ranges": ("192.0.2.0/24",),
    "icmp_source_ranges": ("192.0.2.0/24",),
    "neutron_source_ranges": ("192.0.2.0/24",),
    "auth_url_host": "private",
    "ssh_user": "someone",
    "ssh_authorized_keys": (KEY,),
    "ssh_authorized_keys_file": "keys",
    "primary_az": "az1",
    "secondary_az": "az2",
    "e2e_conf": "e2e_conf.yaml",
    "release": "2025.1",
    "devstack_ref": "0123abc",
    "neutron_ref": "0123abc",
    "octavia_ref": "0123abc",
    "octavia_dashboard_ref": "0123abc",
    "project_refs": ("nova=0123abc",),
    "git_base": "https://git.example",
    "git_timeout_s": 301,
    "pip_index_url": "https://pip.example/simple",
    "package_mirror": "https://apt.example/ubuntu",
    "ovn_from_source": False,
    "ovn_branch": "branch-24.09",
    "ovs_branch": "branch-3.4",
    "horizon": False,
    "additional_services": ("tempest",),
    "disabled_services": ("n-novnc",),
    "amphora_image_url": "https://images.example/amphora.qcow2",
    "volume_backing_gib": 50,
    "glance_limit_mb": 30000,
    "cpu_allocation_ratio": 4.0,
    "service_timeout_s": 241,
    "local_conf_file": "overlay",
    "wait_for": "controller",
    "ready_timeout_s": 5401,
    "node_deadline_s": 5401,
    "readiness_deadline_s": 601,
    "smoke_test": True,
    "smoke_test_image_url": "https://images.example/cirros.img",
    "baked_images": "require",
    "baked_image_project": "images",
    "baked_image_max_age_days": 7,
    "controller_baked_image": "images/c",
    "worker_baked_image": "images/w",
    "baked_ready_timeout_s": 601,
    "baked_from": "bake",
    "baked_at": "20261128-001530-ab12",
    "baked_commits": ("worker/nova=68fdaf29",),
    "local_conf_extra": "DEBUG=True\n",
}


def changed(name):
    return replace(BASE, **{name: OTHER[name]})


def digests(settings):
    return {role: image_key(settings, role).digest for role in settings.roles}


def user_data(settings):
    return {role: render(settings, role, Credentials.placeholder()) for role in settings.roles}


def of_kind(*kinds):
    return [name for name, kind in KINDS.items() if kind in kinds]


def test_every_setting_has_a_kind_and_another_value_here():
    """Whoever adds a setting has to decide on its kind."""
    names = [field.name for field in fields(Settings)]

    assert list(KINDS) == names
    assert set(OTHER) == set(names)


@pytest.mark.parametrize("name", of_kind("build"))
def test_what_a_build_depends_on_changes_the_key(name):
    before, after = digests(BASE), digests(changed(name))
    # A machine type counts for its own role.
    roles = [name.partition("_")[0]] if name.endswith("_machine_type") else after

    assert {role for role in after if before[role] != after[role]} == set(roles)


@pytest.mark.parametrize("name", of_kind("start", "outside"))
def test_nothing_else_changes_it(name):
    assert digests(changed(name)) == digests(BASE)


@pytest.mark.parametrize("name", of_kind("outside"))
def test_what_is_outside_never_reaches_a_node(name):
    assert user_data(changed(name)) == user_data(BASE)


@pytest.mark.parametrize("name", of_kind("start"))
def test_what_a_start_changes_reaches_a_node(name):
    """Otherwise the image would keep the value of its own build."""
    assert user_data(changed(name)) != user_data(BASE)


def test_each_role_has_its_own_key():
    assert len(set(digests(BASE).values())) == 2


@pytest.fixture
def tree(tmp_path):
    """A copy of the nodes' files."""
    return shutil.copytree(ROOT / "cloudinit", tmp_path / "cloudinit")


@pytest.mark.parametrize(
    ("folder", "roles"),
    [("common", {"controller", "worker"}), ("controller", {"controller"}), ("worker", {"worker"})],
)
def test_a_changed_byte_of_a_nodes_file_changes_its_key(tree, folder, roles):
    path = next(path for path in sorted((tree / folder).rglob("*.py")) if path.stat().st_size)
    path.write_bytes(path.read_bytes() + b"\n")
    before = {role: image_key(BASE, role) for role in ROLES}
    after = {role: image_key(BASE, role, tree) for role in ROLES}

    assert {role for role in ROLES if before[role].digest != after[role].digest} == roles
    for role in roles:
        assert name_differences(after[role].parts, before[role].parts) == SCRIPTS


def test_a_mode_and_a_name_count_as_well(tree):
    path = tree / "common/rootfs/usr/local/sbin/devstack-logs"
    whole = image_key(BASE, "worker", tree).digest
    path.chmod(0o644)
    readable = image_key(BASE, "worker", tree).digest
    path.chmod(0o755)
    path.rename(path.with_name("devstack-log"))
    renamed = image_key(BASE, "worker", tree).digest

    assert len({whole, readable, renamed}) == 3


def test_pythons_own_files_and_other_bits_of_a_mode_do_not_count(tree):
    """They depend on the checkout and on who has used it."""
    cache = tree / "common/rootfs/usr/local/lib/devstack-node/devstack_node/__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "x.pyc").write_bytes(b"x")
    (tree / "common/user-data.yaml.tmpl").chmod(0o600)

    assert image_key(BASE, "worker", tree) == image_key(BASE, "worker")


def test_it_is_the_same_in_every_run_of_python():
    """It must not depend on the order of a set or on a seed."""
    code = (
        "from stacks.image_key import image_key; from stacks.settings import Settings;"
        "print(image_key(Settings(stack='ci', project='capo', horizon=True), 'controller').digest)"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]

    assert runs == [image_key(BASE, "controller").digest] * 2
    assert len(runs[0]) == 32
    assert int(runs[0], 16)


def test_a_url_with_and_without_its_password_is_the_same_source():
    plain = replace(BASE, git_base="https://git.example:8443/x")

    assert digests(replace(plain, git_base="https://bot:hush@git.example:8443/x")) == digests(plain)


@pytest.mark.parametrize("url", ["https://[git", "https://git.example/@x", "file:///srv/@git"])
def test_an_odd_url_has_a_key_of_its_own(url):
    """The validation accepts more than a URL parser does."""
    assert len({*digests(replace(BASE, git_base=url)).values(), *digests(BASE).values()}) == 4


def test_a_link_and_a_name_are_the_same_image():
    link = "https://www.googleapis.com/compute/v1/projects/debian-cloud/global/images/debian-1"

    assert digests(replace(BASE, image="debian-cloud/debian-1")) == digests(
        replace(BASE, image=link)
    )


@given(st.text(alphabet="abcdefgh12345678", min_size=6, max_size=12))
def test_parts_show_no_secret(secret):
    """Whoever may list images reads them."""
    settings = replace(
        BASE,
        git_base=f"https://bot:{secret}@git.example",
        amphora_image_url=f"https://i.example/a?X-Goog-Signature={secret}",
        local_conf_extra=f"P={secret}\n",
    )
    shown = [part for part in image_key(settings, "controller").parts.values() if part[:1] != "#"]

    assert not any(secret in part for part in shown)


def test_differences_are_named_with_both_values():
    here = image_key(BASE, "controller").parts
    image = image_key(replace(BASE, release="2025.1", mtu=1500), "controller").parts

    assert name_differences(image, here) == "mtu (1500, here 1460), release (2025.1, here 2025.2)"


def test_a_value_that_is_not_readable_is_named_alone():
    here = image_key(BASE, "controller").parts

    assert name_differences(image_key(changed("git_base"), "controller").parts, here) == "gitBase"
    assert (
        name_differences(image_key(changed("devstack_ref"), "controller").parts, here)
        == "devstackRef (0123abc, here empty)"
    )


def test_local_conf_is_named_if_no_setting_explains_it():
    """An update of the program may write another local.conf for the same settings."""
    here = image_key(BASE, "controller").parts

    assert name_differences({**here, LOCAL_CONF: "#0"}, here) == LOCAL_CONF


def test_parts_that_one_side_lacks_differ():
    """The image may come from a version of this program with other settings."""
    here = image_key(BASE, "controller").parts
    image = {name: value for name, value in here.items() if name != "mtu"} | {"former": "1"}

    assert name_differences(image, here) == "mtu, former"
    assert name_differences(here, here) == ""


def test_many_differences_stay_one_short_line():
    here = image_key(BASE, "controller").parts
    line = name_differences(dict.fromkeys(here, "#0"), here)

    assert line.endswith(f" and {len(here) - 1 - 5} more")
    assert len(line) < 120
