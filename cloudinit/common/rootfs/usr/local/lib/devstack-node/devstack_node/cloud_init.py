"""cloud-init: read whether it has finished in this boot, and its errors and warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devstack_node import failure, files, node

if TYPE_CHECKING:
    from pathlib import Path

_DIRECTORY = node.ROOT / "run/cloud-init"
_RESULT = _DIRECTORY / "result.json"
_STATUS = _DIRECTORY / "status.json"
_SERIOUS = ("WARNING", "ERROR", "CRITICAL")
"""Levels of recoverable errors that count. DEPRECATED does not."""


def has_ended() -> bool:
    """Tell whether cloud-init has finished in this boot, with or without errors."""
    # cloud-init writes this file last.
    return _RESULT.exists()


def errors(unreadable: list[str]) -> list[str]:
    """Return fatal and recoverable errors, masked; none before cloud-init has finished.

    A malformed file is added to `unreadable`.
    """
    if not has_ended():
        return []
    nothing: list[str] = []
    found = files.attempt(_fatal, nothing, unreadable)
    # Recoverable errors are in another file, which exists since cloud-init 23.4.
    if _STATUS.exists():
        found = found + files.attempt(_recovered, nothing, unreadable)
    return [failure.mask(error) for error in found]


def _fatal() -> list[str]:
    version_1 = _read(_RESULT)
    if not isinstance(version_1.get("errors"), list):
        raise files.UnreadableError(f"{_RESULT}: 'v1' has no list 'errors'")
    return [str(error) for error in version_1["errors"]]


def _recovered() -> list[str]:
    found: list[str] = []
    for name, stage in _read(_STATUS).items():
        levels = stage.get("recoverable_errors", {}) if isinstance(stage, dict) else {}
        if not isinstance(levels, dict):
            raise files.UnreadableError(f"{_STATUS}: 'recoverable_errors' of '{name}' is no object")
        for level in _SERIOUS:
            texts = levels.get(level, [])
            if not isinstance(texts, list):
                raise files.UnreadableError(f"{_STATUS}: '{level}' of '{name}' is no list")
            found += [str(text) for text in texts]
    return found


def _read(path: Path) -> dict[str, Any]:
    version_1: dict[str, Any] = files.json_object(files.text(path), path, {"v1": dict})["v1"]
    return version_1
