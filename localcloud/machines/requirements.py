"""Requirements: root and the programs without which no machine boots on a host.

They are checked before the tree is built, so that a missing package does not cost minutes.
"""

import os
import shutil

from localcloud.errors import LocalcloudError
from localcloud.kind import Kind

# Debian packages by the program that shows whether they are installed.
_PACKAGES = {
    "git": "git",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "nft": "nftables",
    "nsenter": "util-linux",
    "systemd-nspawn": "systemd-container",
}
_FOR_REAL = {"qemu-img": "qemu-utils", "slirp4netns": "slirp4netns"}


def require(kind: Kind) -> None:
    """Raise LocalcloudError with all missing packages if a kind's machines cannot boot here."""
    if os.geteuid():
        raise LocalcloudError("machines: they boot as root only; run this as root")
    packages = {**_PACKAGES, **(_FOR_REAL if kind.real else {})}
    missing = [package for name, package in packages.items() if shutil.which(name) is None]
    if missing:
        names = " ".join(missing)
        raise LocalcloudError(f"machines: missing: {names}; install with: apt-get install {names}")
