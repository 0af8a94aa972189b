"""Guest: a guest operating system of a kernel and busybox, small enough to boot without KVM.

It gets its address by DHCP and answers pings. Its kernel is Debian's cloud kernel.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path("/var/lib/devstack-images")
"""The folder of the images on the controller."""
AMPHORA = FOLDER / "amphora-x64-haproxy.qcow2"
KERNEL = FOLDER / "guest.vmlinuz"
RAMDISK = FOLDER / "guest.initrd"
DISK = FOLDER / "guest.raw"

_PACKAGE = "linux-image-cloud-amd64"
# In load order: each module after its dependencies.
_MODULES = (
    *("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci"),
    *("failover", "net_failover", "virtio_net"),
)
_DISK_BYTES = 1 << 20
_TIMEOUT_S = 300
_INIT = """\
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec >/dev/console 2>&1
for module in {modules}; do insmod "/modules/$module.ko"; done
ip link set lo up
ip link set eth0 up
udhcpc -i eth0 -s /bin/lease -t 30
echo "guest: $(ip -4 -o address show eth0)"
while :; do sleep 3600; done
"""
_LEASE = """\
#!/bin/busybox sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev eth0
ip link set eth0 mtu "${mtu:-1400}"
[ -z "$router" ] || ip route add default via "$router"
"""


def install(root: Path, folder: Path) -> None:
    """Build the images in a scratch folder and install them into the controller's file system."""
    folder.mkdir()
    target = root / FOLDER.relative_to("/")
    target.mkdir(parents=True)
    kernel = _unpack_kernel(folder)
    shutil.copy(kernel, target / KERNEL.name)
    (target / RAMDISK.name).write_bytes(_ramdisk(folder, kernel.name.removeprefix("vmlinuz-")))
    (target / DISK.name).write_bytes(bytes(_DISK_BYTES))
    empty = ("qemu-img", "create", "-q", "-f", "qcow2", str(target / AMPHORA.name), "1M")
    subprocess.run(empty, check=True, timeout=_TIMEOUT_S)


def _unpack_kernel(folder: Path) -> Path:
    done = subprocess.run(
        ["apt-cache", "depends", "--important", _PACKAGE],
        capture_output=True,
        check=True,
        text=True,
        timeout=_TIMEOUT_S,
    )
    image = next(line.split()[1] for line in done.stdout.splitlines() if "Depends:" in line)
    # apt downloads as an unprivileged user, which cannot enter a test's folder.
    with tempfile.TemporaryDirectory() as downloads:
        Path(downloads).chmod(0o777)
        fetch = ("apt-get", "download", "--quiet=2", image)
        subprocess.run(fetch, check=True, cwd=downloads, timeout=_TIMEOUT_S)
        (package,) = Path(downloads).glob("*.deb")
        subprocess.run(
            ["dpkg-deb", "--extract", package, folder / "kernel"], check=True, timeout=_TIMEOUT_S
        )
    (kernel,) = (folder / "kernel/boot").glob("vmlinuz-*")
    return kernel


def _ramdisk(folder: Path, version: str) -> bytes:
    tree = folder / "ramdisk"
    for directory in ("bin", "dev", "modules", "proc", "sys"):
        (tree / directory).mkdir(parents=True)
    busybox = shutil.which("busybox")
    assert busybox
    shutil.copy(busybox, tree / "bin/busybox")
    found = {
        p.name.split(".")[0]: p for p in (folder / "kernel/lib/modules" / version).rglob("*.ko*")
    }
    # Drivers that are built into the kernel have no module file.
    modules = [name for name in _MODULES if name in found]
    for name in modules:
        shutil.copy(found[name], tree / "modules" / f"{name}.ko")
    for name, text in (("init", _INIT.format(modules=" ".join(modules))), ("bin/lease", _LEASE)):
        (tree / name).write_text(text, encoding="utf-8")
        (tree / name).chmod(0o755)
    names = "\n".join(str(p.relative_to(tree)) for p in sorted(tree.rglob("*"))) + "\n"
    archive = subprocess.run(
        ["cpio", "--quiet", "--create", "--format=newc", "--owner=0:0"],
        input=names.encode(),
        capture_output=True,
        check=True,
        cwd=tree,
        timeout=_TIMEOUT_S,
    )
    return archive.stdout
