"""Projects: the quotas, common metadata and service account of a project.

Every project id exists, unless a test refuses it, so that each test can have a project of its own.
"""

import zlib

from localcloud.compute_api import links
from localcloud.compute_api.clock import timestamp
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.fingerprints import fingerprint


def default_service_account(project: str) -> str:
    """Return the service account of instances that ask for `default`; it differs by project."""
    return f"{zlib.crc32(project.encode())}-compute@developer.gserviceaccount.com"


def get(cloud: Cloud, call: Call) -> Json:
    path = f"projects/{call.project}"
    return {
        "kind": "compute#project",
        "id": str(10**18 + zlib.crc32(call.project.encode())),
        "creationTimestamp": timestamp(0),
        "name": call.project,
        "commonInstanceMetadata": {"kind": "compute#metadata", "fingerprint": fingerprint([])},
        "quotas": cloud.quotas.show(call.project, None),
        "selfLink": links.link(path),
        "defaultServiceAccount": default_service_account(call.project),
        "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS",
        "defaultNetworkTier": "PREMIUM",
    }


METHODS = {"projects.get": get}
