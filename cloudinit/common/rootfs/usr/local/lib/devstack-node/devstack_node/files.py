"""Files: read text and JSON that may be damaged.

A file may be empty, truncated, binary or of an unexpected form: a full disk, a power loss or
another version of cloud-init leaves such files. The caller gets a text or a checked object, or
UnreadableError with one line that names the file and the problem.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Found = TypeVar("Found")


class UnreadableError(RuntimeError):
    """An unusable file, or answer of the other node. The message names it and says why."""


def text(path: Path) -> str:
    """Return a file's text. Bytes that are not UTF-8 become U+FFFD. Raises UnreadableError."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror}") from None


def json_object(said: str, where: object, keys: Mapping[str, type]) -> dict[str, Any]:
    """Parse a JSON object and check that it has these keys with these types.

    Raises UnreadableError, whose message begins with `where`.
    """
    if not said.strip():
        raise UnreadableError(f"{where}: empty")
    try:
        found = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{where}: no JSON: {error}") from None
    if not isinstance(found, dict):
        raise UnreadableError(f"{where}: JSON, but a {type(found).__name__} and no object")
    for key, kind in keys.items():
        if not isinstance(found.get(key), kind):
            what = f"a {type(found[key]).__name__}" if key in found else "missing"
            raise UnreadableError(f"{where}: '{key}' is {what}, not a {kind.__name__}")
    return found


def attempt(read: Callable[[], Found], otherwise: Found, unreadable: list[str]) -> Found:
    """Call `read`. On UnreadableError, note its message once and return `otherwise`."""
    try:
        return read()
    except UnreadableError as error:
        if str(error) not in unreadable:
            unreadable.append(str(error))
        return otherwise
