"""Marker: the file by which a node knows that it is an image of a finished DevStack.

It says for which node the image is, and which files have placeholders. It has no secret. A start
takes it, by renaming it, before it changes anything: nothing else of a start can be repeated.
"""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

from devstack_node import files, node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SEALED = node.STATE_DIRECTORY / "sealed.json"
TAKEN = node.STATE_DIRECTORY / "sealed.taken.json"
SEAL_STAGE = "seal: "
"""How the stages of a node that is being sealed begin."""

_SCHEMA = 1
_KEYS = {"schema": int, "node": dict, "files": list, "commits": dict, "sealed": str}
_SAME = (
    *("ROLE", "OS_ID", "OS_VERSION", "HOST_IP", "CONTROLLER_HOSTNAME", "CONTROLLER_IP"),
    *("FLOATING_CIDR", "FLOATING_GATEWAY", "SERVICES", "OVN_AGENT", "DEVSTACK_REF"),
)
"""Settings of node.env that a start cannot change: they are in DevStack's files and databases."""


def write(
    settings: Mapping[str, str], hidden: Sequence[Path], commits: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the marker for a node with these settings, and return it."""
    found = {
        "schema": _SCHEMA,
        "sealed": node.timestamp(),
        "node": {name: settings[name] for name in _SAME},
        "commits": dict(commits),
        "files": sorted(str(path.relative_to(node.ROOT)) for path in hidden),
    }
    new = SEALED.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(found, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(SEALED)
    return found


def take(settings: Mapping[str, str]) -> None:
    """Rename the marker. Raises RuntimeError if it is missing, odd or another node's."""
    if TAKEN.exists() and not SEALED.exists():
        raise RuntimeError("this instance was unsealed before; replace it")
    found = _read(SEALED)
    for name in _SAME:
        there, wanted = found["node"].get(name), settings[name]
        if there != wanted:
            raise RuntimeError(
                f"{name} of this image is '{there}', not '{wanted}'; choose an image that fits"
            )
    SEALED.replace(TAKEN)


def hidden() -> list[Path]:
    """Return the files with placeholders, by the marker that was taken."""
    return [node.ROOT / name for name in _read(TAKEN)["files"]]


def _read(path: Path) -> dict[str, Any]:
    found = files.json_object(files.text(path), path, _KEYS)
    status = path.stat()
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise files.UnreadableError(f"{path}: not root's alone; make the image anew")
    if found["schema"] != _SCHEMA:
        raise files.UnreadableError(f"{path}: schema {found['schema']}, not {_SCHEMA}")
    for name in found["files"]:
        if not isinstance(name, str) or name.startswith("/") or ".." in name.split("/"):
            raise files.UnreadableError(f"{path}: '{name}' is no file of this node")
    return found
