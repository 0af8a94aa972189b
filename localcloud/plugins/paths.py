"""Paths: property paths in the engine's syntax, such as `bootDisk.labels["a-b"]` or `tags[0]`."""

import re

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*")


def join(path: str, key: str) -> str:
    """Append a key to a path: `a.b`, or `a["b-c"]` for a key that would not parse after a dot."""
    if not _PLAIN_KEY.fullmatch(key):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{escaped}"]'
    return f"{path}.{key}" if path else key


def top(path: str) -> str:
    """Return the resource's property that a path begins with: `a` for `a.b[0]`."""
    return path.split(".", 1)[0].split("[", 1)[0]
