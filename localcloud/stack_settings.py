"""Stack settings: the settings file of a stack on localcloud.

It is an ordinary settings file with the project, endpoint and access token replaced, so a stack on
localcloud has the settings of the CI stack unless a person gives others. A file that is not a YAML
mapping is refused here; the settings themselves are checked by the program.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from host.folders import CHECKOUT
from localcloud.errors import LocalcloudError
from stacks.concealment import why_unreadable

_STACK = "local"
# The access token of stacks on a double, which knows no users and must see no real credentials. The
# gcp provider reads this option as the path of a file if one of that name exists, and it also looks
# below its working directory, the checkout. No machine can have this path, because /dev/null is not
# a folder. The characters are legal in a bearer token (RFC 6750, section 2.1).
BEARER = "/dev/null/localcloud"
# Settings that the local stack starts from: the first file that exists.
_BASES = (f"Pulumi.{_STACK}.yaml", "Pulumi.ci.yaml")


def write(  # noqa: PLR0913 - each argument is one source of settings
    folder: Path,
    *,
    endpoint: str,
    project: str,
    base: Path | None = None,
    fixed: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Path:
    """Write the settings file that leads the gcp provider to the double. Return its path.

    `base` is the settings file to start from. It wins over `defaults`, and `fixed` wins over
    it. The names in both have their namespace, such as `devstack:mtu`. Raises LocalcloudError if
    the base cannot be read.
    """
    document = _read(base or _default_base())
    document["config"] = {
        **(defaults or {}),
        **(document.get("config") or {}),
        "gcp:project": project,
        "gcp:computeCustomEndpoint": endpoint,
        "gcp:accessToken": BEARER,
        **(fixed or {}),
    }
    path = folder / f"Pulumi.{_STACK}.yaml"
    # Atomic: a command that starts at the same time never reads half of the file.
    partial = path.with_suffix(".partial")
    partial.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    partial.rename(path)
    return path


def _default_base() -> Path:
    return next(path for name in _BASES if (path := CHECKOUT / name).is_file())


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise LocalcloudError(f"settings: {path} cannot be read: {why_unreadable(error)}") from None
    if not isinstance(document, dict):
        raise LocalcloudError(f"settings: {path} is not a mapping; write it like Pulumi.ci.yaml")
    return document
