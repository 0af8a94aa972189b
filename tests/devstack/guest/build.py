"""Guest: a small operating system that boots without KVM and that one can log into.

It is a kernel and a ramdisk of Debian's packages: busybox, an ssh server, and `rootfs/`. It gets
its addresses by DHCP, its name and its user's key from the metadata service. The user is root. The
disk holds what must survive a reboot. Everything is uploaded to Glance from outside the cloud.
"""

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from host.errors import JobError
from tests.devstack.guest import packages

USER = "root"
_ROOTFS = Path(__file__).parent / "rootfs"
_KERNEL = "linux-image-cloud-amd64"
_PACKAGES = (
    *("busybox-static", "dropbear-bin", "util-linux"),
    # Libraries of those programs. The build fails if one is missing.
    *("libblkid1", "libc6", "libcrypt1", "libgmp10", "libmount1", "libpcre2-8-0", "libselinux1"),
    *("libsmartcols1", "libtomcrypt1", "libtommath1", "libudev1", "zlib1g"),
)
_PROGRAMS = ("sbin/blkid", "bin/lsblk", "usr/sbin/dropbear")
_LOADER = "lib64/ld-linux-x86-64.so.2"
_MODULES = (
    *("virtio_pci", "virtio_net", "virtio_blk", "virtio_scsi", "sd_mod"),
    # Nova's configuration drive is a CD on an IDE bus.
    *("ata_piix", "sr_mod", "isofs"),
    *("vfat", "nls_cp437", "nls_ascii"),
    # The power button, as an input device.
    *("button", "evdev"),
)
_OPTIONS = {
    # Without checksums of its own, a guest reaches nobody by TCP through Open vSwitch's userspace
    # datapath, which passes packets on with the checksums still missing.
    "virtio_net": "csum=0",
}
_FOLDERS = ("dev", "disk", "etc/dropbear", "mnt", "proc", "root", "run", "sys", "tmp", "var/log")
_LINKS = {
    "init": "bin/busybox",
    **dict.fromkeys(("sbin", "usr/bin", "usr/sbin"), "/bin"),
    "var/run": "/run",
}
_DISK_KIB = 16 * 1024
_TIMEOUT_S = 300


@dataclass(frozen=True, kw_only=True)
class Guest:
    """The files of a guest, each for an image in Glance."""

    kernel: Path
    ramdisk: Path
    disk: Path
    """A file system without a partition table, in raw format."""


def build(cache: Path) -> Guest:
    """Return the guest in a folder of the cache. Build it if its parts have changed.

    Raises JobError if a package cannot be had.
    """
    chosen = (_kernel_package(), *_PACKAGES)
    folder = cache / "guests" / _key(packages.checksums(chosen))
    guest = Guest(kernel=folder / "kernel", ramdisk=folder / "ramdisk", disk=folder / "disk")
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="building-", dir=folder.parent) as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            _make(chosen, Path(scratch), made)
            made.rename(folder)
    return guest


def _kernel_package() -> str:
    """Return the package of the kernel that the metapackage depends on."""
    lines = packages.ask("apt-cache", "depends", "--important", _KERNEL).splitlines()
    found = [line.split()[1] for line in lines if "Depends:" in line]
    if not found:
        raise JobError(f"guest: apt knows no package {_KERNEL}; run 'apt-get update'")
    return found[0]


def _key(checksums: str) -> str:
    digest = hashlib.sha256(checksums.encode())
    own = (*Path(__file__).parent.glob("*.py"), *_ROOTFS.rglob("*"))
    for file in sorted(path for path in own if path.is_file()):
        digest.update(f"{file.relative_to(_ROOTFS.parent)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _make(chosen: tuple[str, ...], scratch: Path, made: Path) -> None:
    unpacked, tree = scratch / "unpacked", scratch / "tree"
    packages.unpack(chosen, unpacked)
    busybox = unpacked / "bin/busybox"
    (kernel,) = (unpacked / "boot").glob("vmlinuz-*")
    shutil.copy(kernel, made / "kernel")
    for name in _FOLDERS:
        (tree / name).mkdir(parents=True)
    shutil.copytree(_ROOTFS, tree, dirs_exist_ok=True)
    _add_programs(unpacked, tree)
    _add_modules(unpacked, busybox, kernel.name.removeprefix("vmlinuz-"), tree)
    for name, target in _LINKS.items():
        (tree / name).symlink_to(target)
    (made / "ramdisk").write_bytes(_archive(busybox, tree))
    with (made / "disk").open("wb") as disk:
        disk.truncate(_DISK_KIB * 1024)
    _run(busybox, "mke2fs", "-F", "-L", "guest", made / "disk")


def _add_programs(unpacked: Path, tree: Path) -> None:
    """Copy busybox with a link for each of its programs, and the others with their libraries."""
    folders = [unpacked / name / "x86_64-linux-gnu" for name in ("lib", "usr/lib")]
    loader = next(path for folder in folders for path in folder.glob("ld-linux-x86-64.so.2"))
    _copy(loader, tree / _LOADER)
    for name in _PROGRAMS:
        shutil.copy(unpacked / name, tree / "bin")
        path = ":".join(map(str, folders))
        for library in _libraries(_run(loader, "--library-path", path, "--list", unpacked / name)):
            _copy(Path(library), tree / "lib" / Path(library).name)
    busybox = unpacked / "bin/busybox"
    shutil.copy(busybox, tree / "bin")
    for name in _run(busybox, "--list").split():
        # Other programs come before busybox's own.
        if not (tree / "bin" / name).exists():
            (tree / "bin" / name).symlink_to("busybox")


def _libraries(listed: str) -> Iterator[str]:
    """Yield the paths in the dynamic loader's list of a program's libraries."""
    for name, path in re.findall(r"^\t(\S+) => (.*?)(?: \(0x[0-9a-f]+\))?$", listed, re.MULTILINE):
        if path == "not found":
            raise JobError(f"guest: {name} is in no package; add its package to _PACKAGES")
        if not name.startswith("/"):
            yield path


def _add_modules(unpacked: Path, busybox: Path, version: str, tree: Path) -> None:
    """Copy kernel modules with those that they need, and list them in the order of loading."""
    _run(busybox, "depmod", "-b", unpacked, version)
    folder = unpacked / "lib/modules" / version
    needs = dict(
        line.split(":", 1) for line in (folder / "modules.dep").read_text("utf-8").splitlines()
    )
    (tree / "modules").mkdir()
    order = loading_order(needs, _MODULES)
    for path in order:
        shutil.copy(folder / path, tree / "modules")
    lines = (f"{Path(path).name} {_OPTIONS.get(_name(path), '')}".rstrip() for path in order)
    (tree / "modules/order").write_text("\n".join((*lines, "")), encoding="utf-8")


def loading_order(needs: dict[str, str], wanted: tuple[str, ...]) -> list[str]:
    """Return the paths of modules, each after those that it needs.

    `needs` is what modules.dep says. A wanted module that it lacks is built into the kernel.
    """
    paths = {_name(path): path for path in needs}
    order: list[str] = []

    def add(path: str) -> None:
        for other in needs[path].split():
            if other not in order:
                add(other)
        if path not in order:
            order.append(path)

    for name in wanted:
        if name in paths:
            add(paths[name])
    return order


def _name(path: str) -> str:
    return Path(path).name.split(".")[0]


def _archive(busybox: Path, tree: Path) -> bytes:
    names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*"))) + "\n"
    done = subprocess.run(
        [busybox, "cpio", "-o", "-H", "newc", "-R", "0:0"],
        input=names.encode(),
        capture_output=True,
        check=True,
        cwd=tree,
        timeout=_TIMEOUT_S,
    )
    return done.stdout


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=_TIMEOUT_S)
    return done.stdout
