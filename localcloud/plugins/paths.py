"""Paths: property paths as the engine parses them."""

import re

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*")


def join(path: str, key: str) -> str:
    """Append a key: `a.b`, and `a["b-c"]` for a key that would not parse otherwise."""
    if not _PLAIN_KEY.fullmatch(key):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{escaped}"]'
    return f"{path}.{key}" if path else key


def top(path: str) -> str:
    """Cut a path down to the property of the resource."""
    return path.split(".", 1)[0].split("[", 1)[0]
