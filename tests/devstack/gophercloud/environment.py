"""Environment: variables with which gophercloud's acceptance tests find a cloud and its resources.

The tests read no clouds.yaml, so its entries are translated, with the rules of gophercloud's own
`AuthOptionsFromEnv`: `domain_id` is the domain of the user and of the project.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from host.errors import RefusedError

_VARIABLES = {
    "OS_AUTH_URL": "auth_url",
    "OS_USERNAME": "username",
    "OS_PASSWORD": "password",
    "OS_PROJECT_NAME": "project_name",
    "OS_DOMAIN_ID": "domain_id",
}

# Tests skip what a release lacks. The oldest release that we support lacks nothing that they test.
_BRANCH = "stable/2025.1"


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Resources of the cloud that the tests use."""

    image_id: str
    flavor_id: str
    other_flavor_id: str
    """Flavor to which servers are resized."""
    network_name: str
    """Tenant network of the servers."""
    external_network_id: str
    external_network_name: str


def clouds(path: Path) -> dict[str, Any]:
    """Return the entries of a clouds.yaml by name. Raises RefusedError."""
    try:
        return dict(yaml.safe_load(path.read_text(encoding="utf-8"))["clouds"])
    except (OSError, yaml.YAMLError, TypeError, KeyError, ValueError) as error:
        raise RefusedError(
            f"{path}: it has no clouds ({type(error).__name__}); write it with `make e2e-files`"
        ) from error


def environment(cloud: Mapping[str, Any], resources: Resources) -> dict[str, str]:
    """Return the tests' variables for an entry of clouds.yaml. Raises RefusedError."""
    lacking = [key for key in _VARIABLES.values() if not cloud["auth"].get(key)]
    if lacking:
        raise RefusedError(f"clouds.yaml: auth has no {', '.join(lacking)}; the tests need it")
    return {
        **{name: cloud["auth"][key] for name, key in _VARIABLES.items()},
        "OS_REGION_NAME": cloud["region_name"],
        "OS_BRANCH": _BRANCH,
        "OS_IMAGE_ID": resources.image_id,
        "OS_FLAVOR_ID": resources.flavor_id,
        "OS_FLAVOR_ID_RESIZE": resources.other_flavor_id,
        "OS_NETWORK_NAME": resources.network_name,
        "OS_POOL_NAME": resources.external_network_name,
        "OS_EXTGW_ID": resources.external_network_id,
    }
