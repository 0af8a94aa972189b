"""Guest: the order of its kernel modules, its libraries, and the programs of its own."""

import subprocess
from pathlib import Path

import pytest

from host.errors import JobError
from tests.devstack.guest import build

ROOTFS = Path(build.__file__).parent / "rootfs"
# How a dynamic loader lists the libraries of a program.
LISTED = """\
\tlinux-vdso.so.1 (0x00007eff32cc9000)
\tlibtomcrypt.so.1 => usr/lib/libtomcrypt.so.1 (0x00007eff32bb4000)
\tlibz.so.1 => {libz}
\t/lib64/ld-linux-x86-64.so.2 => /usr/lib/ld-linux-x86-64.so.2 (0x00007eff32ccb000)
"""


@pytest.fixture
def run(tmp_path):
    """Run a program of rootfs in a shell where the named commands only record their arguments."""

    def run(program, *arguments, fakes, **variables):
        record = tmp_path / "record"
        record.touch()
        for name in fakes:
            (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{record}\n')
            (tmp_path / name).chmod(0o755)
        done = subprocess.run(
            ["sh", ROOTFS / program, *arguments],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", **variables},
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        return done.returncode, record.read_text().splitlines(), done.stderr

    return run


def test_a_module_is_loaded_after_those_that_it_needs():
    needs = {"a/disk.ko": " b/bus.ko b/ring.ko", "b/bus.ko": " b/ring.ko", "b/ring.ko": ""}

    assert build.loading_order(needs, ("disk",)) == ["b/ring.ko", "b/bus.ko", "a/disk.ko"]


def test_a_module_without_a_file_is_left_out():
    """It is built into the kernel."""
    assert build.loading_order({"b/ring.ko": ""}, ("ext4", "ring")) == ["b/ring.ko"]


def test_libraries_come_without_the_loader_itself():
    listed = LISTED.format(libz="lib/libz.so.1 (0x00007eff32b77000)")

    assert list(build._libraries(listed)) == ["usr/lib/libtomcrypt.so.1", "lib/libz.so.1"]


def test_a_library_that_no_package_has_is_named():
    with pytest.raises(JobError, match=r"libz\.so\.1 is in no package"):
        list(build._libraries(LISTED.format(libz="not found")))


def test_static_routes_replace_the_router(run, tmp_path):
    """OVN leads to its metadata service by one, and sends the default route as another."""
    _code, calls, errors = run(
        "usr/share/udhcpc/lease",
        "bound",
        fakes=("ip",),
        RESOLV_CONF=str(tmp_path / "resolv.conf"),
        dns="10.1.0.3",
        interface="eth0",
        ip="10.1.0.7",
        mask="26",
        router="10.1.0.99",
        staticroutes="169.254.169.254/32 10.1.0.2 0.0.0.0/0 10.1.0.1 10.9.0.0/16 0.0.0.0",
    )

    assert [call.split(" metric")[0] for call in calls if "route" in call] == [
        "ip route replace 169.254.169.254/32 via 10.1.0.2 dev eth0",
        "ip route replace 0.0.0.0/0 via 10.1.0.1 dev eth0",
        "ip route replace 10.9.0.0/16 dev eth0",
    ], errors
    assert "ip address add 10.1.0.7/26 dev eth0" in calls
    assert (tmp_path / "resolv.conf").read_text() == "nameserver 10.1.0.3\n"


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        (("http://there/a",), "wget -q -O - http://there/a"),
        (
            ("-X", "POST", "-d", "a b", "http://there/a"),
            "wget -q -O - --post-data a b http://there/a",
        ),
    ],
    ids=["get", "post"],
)
def test_curl_is_wget(run, arguments, call):
    assert run("bin/curl", *arguments, fakes=("wget",)) == (0, [call], "")


def test_an_option_that_curl_lacks_is_an_error(run):
    code, calls, errors = run("bin/curl", "-k", "http://there/a", fakes=("wget",))

    assert (code, calls) == (2, [])
    assert "-k" in errors


@pytest.mark.parametrize(
    ("kind", "call"),
    [("vfat", "mkdosfs /dev/vdb"), ("ext4", "mke2fs -F /dev/vdb")],
)
def test_mkfs_finds_the_program_of_a_type(run, kind, call):
    found = run("bin/mkfs", "-t", kind, "/dev/vdb", fakes=("mkdosfs", "mke2fs"))

    assert found == (0, [call], "")


def test_sudo_drops_its_options(run):
    assert run("bin/sudo", "-E", "mount", "-a", fakes=("mount",)) == (0, ["mount -a"], "")
