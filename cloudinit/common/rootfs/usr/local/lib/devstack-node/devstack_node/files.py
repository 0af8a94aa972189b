"""Files: texts and JSON that this node reads, none of which it takes for granted.

A file may be empty, cut off, binary or of another form: a full disk, a lost power supply and
another version of cloud-init all leave such files. A caller gets a text or a checked object, or
UnreadableError with one line that names the file and says what is wrong with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Found = TypeVar("Found")


class UnreadableError(RuntimeError):
    """A file, or another node's answer, that cannot be used; the message says which and why."""


def text(path: Path) -> str:
    """Return the file's text, with a mark for each byte that is no UTF-8."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror}") from None


def json_object(said: str, where: object, keys: Mapping[str, type]) -> dict[str, Any]:
    """Return the JSON object in the text, which has each of the keys, of that type."""
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
    """Return what `read` returns; if that is unreadable, note why once, and return `otherwise`."""
    try:
        return read()
    except UnreadableError as error:
        if str(error) not in unreadable:
            unreadable.append(str(error))
        return otherwise
