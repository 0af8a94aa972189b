"""Package service: an apt repository with one package, so that a node has something to install."""

import contextlib
import fcntl
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from localcloud.machines.booted import BootedMachine
from tests.patience import PATIENCE_S

NAME = "git"
FOLDER = "packages"


def publish(tree: Path, files: Path) -> None:
    """Rebuild the package from the files of a tree that has it installed, without dependencies."""
    staged = files / "staged"
    (staged / "DEBIAN").mkdir(parents=True)
    fields = _fields(tree)
    (staged / "DEBIAN" / "control").write_text(fields)
    listed = (tree / f"var/lib/dpkg/info/{NAME}.list").read_text().splitlines()
    names = "\n".join(f".{path}" for path in listed)
    archive = _run("tar", "-C", tree, "--no-recursion", "-cf-", "-T-", text=names.encode())
    _run("tar", "-C", staged, "-xf-", text=archive)
    package = files / FOLDER / f"{NAME}.deb"
    package.parent.mkdir()
    _run("dpkg-deb", "--build", "--root-owner-group", "-Zgzip", "-z1", staged, package)
    content = package.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    index = f"{fields}Filename: ./{package.name}\nSize: {len(content)}\nSHA256: {digest}\n"
    (package.parent / "Packages").write_text(index)


def _fields(tree: Path) -> str:
    shown = _run(
        *("dpkg-query", f"--admindir={tree}/var/lib/dpkg", "--show"),
        "--showformat=Version: ${Version}\nArchitecture: ${Architecture}\n",
        NAME,
    )
    about = "Maintainer: tests <root@localhost>\nDescription: of the tree\n"
    return f"Package: {NAME}\n{shown.decode()}{about}"


def withhold(machine: BootedMachine, url: str) -> None:
    """Uninstall the package from a machine that is off, and point its apt at the repository."""
    # The machine's PATH: this host's may name other folders.
    path = ("/usr/bin/env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin")
    _run("chroot", machine.root, *path, "dpkg", "--remove", "--force-depends", NAME)
    source = f"deb [trusted=yes allow-insecure=yes] {url}/{FOLDER} ./\n"
    (machine.root / "etc/apt/sources.list").write_text(source)


@contextlib.contextmanager
def locked(machine: BootedMachine) -> Iterator[None]:
    """Hold the lock of the machine's packages, as its first automatic update does."""
    with (machine.root / "var/lib/dpkg/lock-frontend").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        yield


def _run(*command: str | Path, text: bytes = b"") -> bytes:
    done = subprocess.run(command, input=text, capture_output=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
