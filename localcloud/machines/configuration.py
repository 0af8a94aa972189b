"""Configuration: settings of every stack whose nodes boot on this machine.

CONFIGURATION wins over the settings file, which is for Google Cloud. A workload adds its own.
"""

from collections.abc import Mapping
from typing import Any

from localcloud.machines.router import INTERNET, JOB

PORT = 8418
GIT_BASE = f"http://{INTERNET}:{PORT}"
"""Where a workload serves the repositories that nodes clone."""
NETWORK = "10.0.3.0/24"
CONTROLLER = "10.0.3.15"
FLOATING = "172.24.4.0/24"
MTU_BYTES = 1460
RELEASE = "2026.1"
IMAGE_PROJECT, IMAGE = "debian-cloud", "debian-12-with-cloud-init"
"""The API's name for the tree that machines boot from. Google's Debian image has no cloud-init."""

CONFIGURATION: Mapping[str, Any] = {
    "devstack:operatingSystem": "debian-12",
    "devstack:image": f"{IMAGE_PROJECT}/{IMAGE}",
    "devstack:release": RELEASE,
    "devstack:internalCidr": NETWORK,
    "devstack:mtu": MTU_BYTES,
    "devstack:sshSourceRanges": [f"{JOB}/32"],
    "devstack:authUrlHost": "private",
    "devstack:waitFor": "all",
}

DEFAULTS: Mapping[str, Any] = {
    # What `make bake` has made, unless the settings file says otherwise.
    "devstack:bakedImages": "prefer",
}
