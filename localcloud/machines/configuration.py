"""Configuration: what a stack must say whose nodes boot on this machine."""

from collections.abc import Mapping
from typing import Any

from localcloud.devstack.git_service import PORT
from localcloud.machines.router import INTERNET, JOB

NETWORK = "10.0.3.0/24"
MTU_BYTES = 1460
RELEASE = "2026.1"

CONFIGURATION: Mapping[str, Any] = {
    # That of the tree that machines boot from.
    "devstack:operatingSystem": "debian-12",
    "devstack:release": RELEASE,
    "devstack:gitBase": f"http://{INTERNET}:{PORT}",
    "devstack:internalCidr": NETWORK,
    "devstack:mtu": MTU_BYTES,
    "devstack:sshSourceRanges": [f"{JOB}/32"],
    "devstack:authUrlHost": "private",
    "devstack:waitFor": "all",
    # The stand-in takes seconds, so minutes are a failure.
    "devstack:nodeDeadlineS": 300,
    "devstack:readyTimeoutS": 600,
}
