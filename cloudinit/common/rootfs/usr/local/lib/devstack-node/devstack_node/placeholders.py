"""Placeholders: stand for secrets in the files of an image, until a new instance has its own.

A sealed node keeps no secret, so the files say where each one belongs: `@DEVSTACK-SECRET:NAME@`,
or `@DEVSTACK-SECRET-URL:NAME@` where it is URL-encoded. Options that a start may change, such as an
AZ, have placeholders too.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, Callable
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PLACEHOLDER = re.compile(rb"@DEVSTACK-SECRET(-URL)?:([A-Z0-9_]+)@")
_ANY = b"@DEVSTACK-SECRET"


def text(name: str) -> str:
    """Return the placeholder of a secret."""
    return f"@DEVSTACK-SECRET:{name}@"


def hide(content: bytes, secrets: Mapping[str, str]) -> bytes:
    """Replace the secrets by their placeholders."""
    forms = {}
    for name, secret in secrets.items():
        forms[quote(secret, safe="").encode()] = f"@DEVSTACK-SECRET-URL:{name}@".encode()
        forms[secret.encode()] = text(name).encode()
    # Longest first: a secret may be the beginning of another one.
    longest = sorted(forms, key=len, reverse=True)
    pattern = b"|".join(re.escape(form) for form in longest)
    return re.sub(pattern, lambda found: forms[found[0]], content)


def hide_options(content: bytes, names: Mapping[str, str]) -> bytes:
    """Replace the values of INI options, given by option, by the placeholders of these names.

    Their values are words such as `insecure`, which stand for other things elsewhere.
    """
    for option, name in names.items():
        line = rf"(?m)^([ \t]*{re.escape(option)}[ \t]*=[ \t]*)\S.*$".encode()
        content = re.sub(line, rb"\1" + text(name).encode(), content)
    return content


def reveal(content: bytes, values: Mapping[str, str]) -> bytes:
    """Replace the placeholders by values. Raises RuntimeError for one without a value."""

    def value(found: re.Match[bytes]) -> bytes:
        name = found[2].decode()
        if name not in values:
            raise RuntimeError(f"there is no value for the placeholder {name}")
        return (quote(values[name], safe="") if found[1] else values[name]).encode()

    return _PLACEHOLDER.sub(value, content)


def are_in(content: bytes) -> bool:
    """Tell whether a text has a placeholder."""
    return _ANY in content


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> bool:
    """Change a file's bytes. Return whether they differ. Owner, mode and xattrs stay.

    Atomic: even after a power loss the file is the old one or the new one.
    """
    before = path.read_bytes()
    after = change(before)
    if after == before:
        return False
    new = path.with_name(f".{path.name}.devstack-new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(after)
        file.flush()
        os.fsync(file.fileno())
    status = path.stat()
    os.chown(new, status.st_uid, status.st_gid)
    shutil.copystat(path, new)
    os.utime(new)
    new.replace(path)
    return True
