"""Requirements: what a host must have for machines to boot on it."""

import os
import shutil

from localcloud.errors import LocalcloudError

_PACKAGES = {
    "git": "git",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "nft": "nftables",
    "nsenter": "util-linux",
    "systemd-nspawn": "systemd-container",
}


def require() -> None:
    """Raise LocalcloudError, in one line, if machines cannot boot here."""
    if os.geteuid():
        raise LocalcloudError("machines: they boot as root only; run this as root")
    missing = [package for name, package in _PACKAGES.items() if shutil.which(name) is None]
    if missing:
        names = " ".join(missing)
        raise LocalcloudError(f"machines: missing: {names}; install with: apt-get install {names}")
