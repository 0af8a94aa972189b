"""Configuration: settings of every stack whose nodes boot on this machine.

They win over the settings file, whose image and repositories cannot be reached from here.
"""

from collections.abc import Mapping
from typing import Any

from localcloud.devstack.git_service import PORT
from localcloud.machines.router import INTERNET, JOB

NETWORK = "10.0.3.0/24"
MTU_BYTES = 1460
RELEASE = "2026.1"
IMAGE_PROJECT, IMAGE = "debian-cloud", "debian-12-with-cloud-init"
"""The API's name for the tree that machines boot from. Google's Debian image has no cloud-init."""

CONFIGURATION: Mapping[str, Any] = {
    "devstack:operatingSystem": "debian-12",
    "devstack:image": f"{IMAGE_PROJECT}/{IMAGE}",
    "devstack:release": RELEASE,
    "devstack:gitBase": f"http://{INTERNET}:{PORT}",
    "devstack:internalCidr": NETWORK,
    "devstack:mtu": MTU_BYTES,
    "devstack:sshSourceRanges": [f"{JOB}/32"],
    "devstack:authUrlHost": "private",
    "devstack:waitFor": "all",
    # What `make bake MACHINES=1` has made.
    "devstack:bakedImages": "prefer",
    # The stand-in takes seconds on an idle machine. These limits end hangs, not slow builds.
    "devstack:nodeDeadlineS": 600,
    "devstack:readyTimeoutS": 600,
}
