"""Host: each lack has a replacement that reaches both nodes, and a reason; no lack has none."""

import dataclasses
import itertools
import subprocess

import pytest
import yaml

from localcloud.devstack.real import host
from localcloud.devstack.real.probes import Host
from localcloud.errors import LocalcloudError
from stacks import configuration
from stacks.credentials import Credentials
from stacks.user_data import render

FEATURES = tuple(field.name for field in dataclasses.fields(Host))
EVERYTHING = Host(**dict.fromkeys(FEATURES, True))
ALWAYS = ("container", "iscsi")
REPLACED = [row for row in host.TABLE if not row.remedy]


def without(*features):
    return dataclasses.replace(EVERYTHING, **dict.fromkeys(features, False))


def names(rows):
    return tuple(row.name for row in rows)


def test_on_a_host_that_has_everything_only_a_containers_own_lacks_are_replaced():
    assert names(host.lacks(EVERYTHING)) == ALWAYS


@pytest.mark.parametrize("feature", [name for name in FEATURES if name != "tun"])
def test_each_lack_is_replaced_by_itself(feature):
    expected = feature.replace("_", "-")

    assert set(names(host.lacks(without(feature)))) == {*ALWAYS, expected}


def test_a_lack_that_nothing_replaces_is_refused_with_its_remedy():
    """Other lacks do not hide it."""
    with pytest.raises(LocalcloudError, match=r"^machines: no tap devices .*; load the module tun"):
        host.lacks(without(*FEATURES))


def test_every_row_has_a_replacement_or_a_remedy():
    for row in host.TABLE:
        assert (host.OVERLAY / row.name / "local.conf").exists() != bool(row.remedy), row


def test_every_folder_of_the_overlay_is_used():
    folders = {path.name for path in host.OVERLAY.iterdir()}

    assert folders == {"mirrors", *names(REPLACED)}


def test_machines_get_devices_for_features_that_the_host_has():
    assert [str(path) for path in host.devices(host.lacks(EVERYTHING))] == ["/dev/kvm"]
    assert host.devices(host.lacks(without("kvm"))) == ()


@pytest.mark.parametrize("folder", sorted(host.OVERLAY.iterdir()), ids=lambda path: path.name)
def test_every_variable_and_file_has_a_reason(folder):
    """Each group of lines in local.conf has a comment above it, and each file begins with one."""
    lines = (folder / "local.conf").read_text().splitlines()
    groups = [list(group) for filled, group in itertools.groupby(lines, key=bool) if filled]

    assert all(group[0].startswith("#") or group[0].startswith("[[") for group in groups)
    assert lines[0].startswith("#")
    for file in (path for path in folder.rglob("*") if path.is_file()):
        assert "# " in file.read_text().split("\n\n")[0], file


@pytest.mark.parametrize("role", ["controller", "worker"])
@pytest.mark.parametrize(
    "rows",
    [*(host.lacks(without(*names)) for names in ((), ("kvm",), ("open_vswitch",))), REPLACED],
    ids=["nothing", "kvm", "open-vswitch", "all"],
)
def test_both_nodes_are_told(tmp_path, rows, role):
    """The program accepts the text as any user's localConfFile, and passes it on unchanged."""
    text = host.local_conf(rows, mirrors=True)
    file = tmp_path / "local.conf"
    file.write_text(text)
    settings = configuration.parse(
        {"operatingSystem": "debian-12", "localConfFile": str(file)}, stack="real", project="test"
    )

    user_data = yaml.safe_load(render(settings, role, Credentials.placeholder()))
    written = {file["path"]: file["content"] for file in user_data["write_files"]}
    assert written["/etc/devstack-node/local.conf"].endswith(text)


def test_one_parts_section_does_not_swallow_the_next_parts_variables():
    text = host.local_conf(REPLACED, mirrors=False)

    part = text.partition("# A machine has a file /dev/kvm")[0]
    assert part.splitlines()[-1] == "[[local|localrc]]"


def test_a_user_without_mirrors_clones_from_the_usual_places():
    assert "NOVNC_REPO" in host.local_conf(REPLACED, mirrors=True)
    assert "NOVNC_REPO" not in host.local_conf(REPLACED, mirrors=False)


def test_files_are_laid_over_with_their_modes_and_links_are_replaced(tmp_path):
    """A link of a Debian tree, such as modprobe's to kmod, leads to another program."""
    kmod = tmp_path / "usr/bin/kmod"
    kmod.parent.mkdir(parents=True)
    kmod.write_text("kmod")
    modprobe = tmp_path / "usr/sbin/modprobe"
    modprobe.parent.mkdir()
    modprobe.symlink_to(kmod)

    host.lay_over(REPLACED, tmp_path)

    assert kmod.read_text() == "kmod"
    assert not modprobe.is_symlink()
    assert modprobe.stat().st_mode & 0o777 == 0o755
    laid = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {"etc/libvirt/qemu.conf", "usr/sbin/mount.nfs"} < laid
    assert "usr/local/sbin/userspace-datapath" in laid


def test_a_row_that_does_not_apply_leaves_no_file(tmp_path):
    host.lay_over(host.lacks(EVERYTHING), tmp_path)

    assert not (tmp_path / "usr/local/sbin/userspace-datapath").exists()


def test_both_nodes_see_each_others_volumes():
    """CAPO's suite attaches volumes of one zone to servers in the other."""
    (shared,) = host.shared_folders(host.lacks(EVERYTHING))

    text = host.local_conf(host.lacks(EVERYTHING), mirrors=False)

    assert f"CINDER_NFS_SERVERPATH=$HOST_IP:{shared}/$HOST_IP" in text.splitlines()


@pytest.fixture
def mount_nfs(tmp_path):
    """The stand-in for mount.nfs, with a `mount` that prints its arguments."""
    mount = tmp_path / "mount"
    mount.write_text('#!/bin/sh\necho "mount $*"\n')
    mount.chmod(0o755)

    def run(*arguments):
        return subprocess.run(
            [host.OVERLAY / "iscsi/rootfs/usr/sbin/mount.nfs", *arguments],
            env={"PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"},
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )

    return run


def test_a_share_is_mounted_as_the_folder_of_its_name(mount_nfs, tmp_path):
    """Cinder's user writes there, and QEMU's. The mount point is on another file system."""
    share = tmp_path / "10.0.3.15"

    done = mount_nfs(f"10.0.3.15:{share}", "/proc/point", "-o", "rw,vers=4,minorversion=2")

    assert (done.returncode, done.stdout) == (0, f"mount --bind {share} /proc/point\n")
    assert share.stat().st_mode & 0o777 == 0o777


def test_a_share_that_machines_do_not_have_in_common_is_refused(mount_nfs, tmp_path):
    """Volumes of the other machine would be missing in it, and Nova would not see it mounted."""
    done = mount_nfs(f"10.0.3.15:{tmp_path}/share", tmp_path / "point")

    assert (done.returncode, done.stdout) == (32, "")
    assert f"{tmp_path}/share is not shared between machines; bind a folder" in done.stderr


def test_without_arguments_it_says_that_it_is_there(mount_nfs):
    """Cinder asks so at its start."""
    assert mount_nfs().returncode == 1
