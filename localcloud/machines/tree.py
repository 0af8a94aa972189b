"""Tree: the Debian file system that machines boot from, built once and never written to again.

It stands for Google's image. Packages that user data asks for are in it already, because a machine
reaches no mirror. A changed recipe gets a new folder, so a tree that machines use never changes.
"""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from host.processes import Program
from localcloud.console import say
from localcloud.locks import exclusive
from localcloud.programs import build, run

SUITE = "bookworm"

# mmdebstrap's variant minbase has little more than the essential packages. Nodes need these, too.
_PACKAGES = (
    *("apache2", "ca-certificates", "cloud-init", "dbus", "git", "iproute2", "iptables", "jq"),
    *("kmod", "lsb-release", "netcat-openbsd", "nftables", "openssh-server", "procps", "python3"),
    *("sudo", "systemd", "systemd-sysv"),
)
_FILES = {
    # In a container cloud-init sees the host's disks and must not grow them. The sources stay
    # empty, because there is no mirror.
    "etc/cloud/cloud.cfg.d/90-machine.cfg": """\
datasource_list: [NoCloud]
network: {config: disabled}
growpart: {mode: 'off'}
resize_rootfs: false
locale: C.UTF-8
apt: {preserve_sources_list: true}
""",
    "etc/apt/sources.list": "",
    # Nothing listens there, so a look-up fails at once instead of timing out.
    "etc/resolv.conf": "nameserver 127.0.0.1\n",
    "etc/machine-id": "",
}
_REMOVED = ("etc/apt/sources.list.d/*", "etc/ssh/ssh_host_*", "var/lib/apt/lists/*_*")
"""Files of one machine, which an image for many does not have."""
_DISABLED = ("apache2.service",)
"""Units that Debian enables, while on Google's image they are not installed."""


def ensure_tree(cache: Path) -> Path:
    """Return the tree's folder. Build it first if there is none, which takes root.

    Raises LocalcloudError if the build fails.
    """
    tree = cache / "trees" / _key()
    if tree.is_dir():
        return tree
    with exclusive(cache / "trees" / "build.lock", "it builds a Debian tree"):
        if not tree.is_dir():
            _build(tree)
    return tree


def _key() -> str:
    recipe = repr((SUITE, _PACKAGES, _FILES, _REMOVED, _DISABLED))
    return f"{SUITE}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def _build(tree: Path) -> None:
    """Fill a folder beside the tree and rename it, so that nobody uses half of a tree."""
    # Leftovers of killed builds: the lock says that no other build runs.
    for leftover in tree.parent.glob("building-*"):
        shutil.rmtree(leftover)
    say("building a Debian tree for machines: once, about 2 minutes")
    folder = Path(tempfile.mkdtemp(prefix="building-", dir=tree.parent))
    _bootstrap(folder)
    for pattern in _REMOVED:
        for path in folder.glob(pattern):
            path.unlink()
    for name, content in _FILES.items():
        (folder / name).write_text(content, encoding="utf-8")
    run("systemctl", "--root", folder, "--quiet", "disable", *_DISABLED)
    # It is a machine's root folder: with the 0700 of mkdtemp only root could do anything there.
    folder.chmod(0o755)
    folder.rename(tree)


def _bootstrap(folder: Path) -> None:
    command = [
        *("mmdebstrap", "--mode=root", "--variant=minbase"),
        f"--include={','.join(_PACKAGES)}",
        *(SUITE, str(folder), *package_sources()),
    ]
    took_s = build(
        Program(command=command, environment=os.environ),
        folder.with_name("mmdebstrap.log"),
        lambda elapsed_s: f"building the tree: {elapsed_s:.0f} s",
        "mmdebstrap: no tree was built",
    )
    say(f"built the tree in {took_s:.0f} s")


def package_sources() -> list[str]:
    """Return this machine's own apt sources for the suite, as lines of sources.list.

    They name the mirror that this machine can reach. If there are none, mmdebstrap uses Debian's.
    """
    line = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    words = ("indextargets", "--format", line, "Created-By: Packages", "Origin: Debian")
    lines = run("apt-get", *words).splitlines()
    lines = [line for line in lines if line.split()[2].startswith(SUITE)]
    return list(dict.fromkeys(lines))
