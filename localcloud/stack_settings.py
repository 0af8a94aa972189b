"""Stack settings: the configuration of a stack that lives on localcloud."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from host.folders import CHECKOUT
from localcloud.errors import LocalcloudError
from stacks.concealment import why_unreadable

_STACK = "local"
# The access token of stacks on a double, which knows no users and must see no real credentials. The
# gcp provider takes this option as the path of a file if something of that name exists, also below
# its working directory, the checkout. So the token is one that no machine can have as a path, since
# /dev/null is no folder. Its characters are legal in a bearer token (RFC 6750, section 2.1).
BEARER = "/dev/null/localcloud"
# The first that exists is what the local stack is configured like.
_BASES = (f"Pulumi.{_STACK}.yaml", "Pulumi.ci.yaml")


def write(
    folder: Path,
    *,
    endpoint: str,
    project: str,
    base: Path | None = None,
    fixed: Mapping[str, Any] | None = None,
) -> Path:
    """Write the settings file that leads the gcp provider to the double; give its path.

    What is fixed wins over the base.
    """
    document = _read(base or _default_base())
    config = document.setdefault("config", {})
    config |= {
        "gcp:project": project,
        "gcp:computeCustomEndpoint": endpoint,
        "gcp:accessToken": BEARER,
        **(fixed or {}),
    }
    path = folder / f"Pulumi.{_STACK}.yaml"
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
