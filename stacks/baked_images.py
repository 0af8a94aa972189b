"""Baked images: names, labels and descriptions of images of finished nodes.

An image is found by its labels. Its description says what made it: the parts of its key, and the
commits of the repositories. A person or another program may have written an image's labels and
description, so nothing that is read from them is taken for granted.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stacks.image_key import ImageKey
from stacks.naming import Role

ROLE_LABEL, KEY_LABEL = "devstack-image", "devstack-key"
_RELEASE_LABEL, _DATE_LABEL = "devstack-release", "devstack-date"

DESCRIPTION_LIMIT = 2048
"""Compute Engine's limit, in characters."""

_NAME_LIMIT = 63
# Enough to find a commit in one repository.
_COMMIT_DIGITS = 12
_NAME = re.compile(r"[a-z][-a-z0-9]*-(?:controller|worker)-[0-9]{8}-[0-9]{6}-[0-9a-z]{4}")


@dataclass(frozen=True, kw_only=True)
class BakedImage:
    """An image that a node can boot, as far as its labels and description tell."""

    project: str
    name: str
    key: str
    """The key's digest."""
    created: datetime
    parts: Mapping[str, str]
    """The parts of the key; empty if the description does not have them."""

    @property
    def reference(self) -> str:
        """The value of a setting that names this image."""
        return f"{self.project}/{self.name}"

    def age_days(self, now: datetime) -> int:
        """Return the full days since the image was made."""
        return max((now - self.created).days, 0)


def family_of(cluster: str, role: Role) -> str:
    """Return the image family of a role."""
    return f"{cluster}-{role}"


def name_of(cluster: str, role: Role, now: datetime, suffix: str) -> str:
    """Return the name of a new image. Four random letters and digits keep two bakes apart.

    A long cluster name is cut, since images are found by their labels.
    """
    tail = f"-{role}-{now:%Y%m%d-%H%M%S}-{suffix}"
    return cluster[: _NAME_LIMIT - len(tail)].rstrip("-") + tail


def has_our_form(name: str) -> bool:
    """Tell whether a name has the form of `name_of`."""
    return _NAME.fullmatch(name) is not None


def labels_of(role: Role, key: ImageKey, release: str, now: datetime) -> dict[str, str]:
    """Return the labels of a new image."""
    return {
        ROLE_LABEL: role,
        KEY_LABEL: key.digest,
        _RELEASE_LABEL: release.replace(".", "-"),
        _DATE_LABEL: f"{now:%Y%m%d}",
    }


def describe(key: ImageKey, commits: Mapping[str, str]) -> str:
    """Return the description of a new image.

    `commits` are hashes by repository. The last ones are left out if there are too many.
    """
    shown = [(name, commit[:_COMMIT_DIGITS]) for name, commit in sorted(commits.items())]
    while True:
        document = {"commits": dict(shown), "parts": dict(key.parts)}
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        if len(text) <= DESCRIPTION_LIMIT:
            return text
        if not shown:
            raise ValueError(f"a description has {len(text)} characters without any commit")
        shown.pop()


def read(body: Mapping[str, Any], role: Role) -> BakedImage | None:
    """Return a role's image from the API's answer, or None if no node can boot it.

    None are images that are not READY or deprecated, those of another role, and those without a
    key. A deprecated image is one that a person has taken out of use.
    """
    labels = body.get("labels", {})
    in_use = body.get("deprecated", {}).get("state", "ACTIVE") == "ACTIVE"
    if body.get("status") != "READY" or not in_use:
        return None
    if labels.get(ROLE_LABEL) != role or not labels.get(KEY_LABEL):
        return None
    return BakedImage(
        project=body["selfLink"].partition("/projects/")[2].partition("/")[0],
        name=body["name"],
        key=labels[KEY_LABEL],
        created=datetime.fromisoformat(body["creationTimestamp"]),
        parts=_parts(body.get("description", "")),
    )


def _parts(description: str) -> dict[str, str]:
    """Return the parts of the key in a description; none if it is not one of ours."""
    try:
        document = json.loads(description)
    except ValueError:
        return {}
    parts = document.get("parts") if isinstance(document, dict) else None
    if not isinstance(parts, dict):
        return {}
    return {name: value for name, value in parts.items() if isinstance(value, str)}
