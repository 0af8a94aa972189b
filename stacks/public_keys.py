"""Public keys: validate lines of an authorized_keys file.

A refused line is never quoted: it may be a private key, and messages end in public logs.
"""

import base64
import io
import re
from collections.abc import Iterator

_TYPES = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
_PRIVATE = re.compile(r"PRIVATE KEY|^PuTTY-User-Key-File-|AGE-SECRET-KEY-", re.MULTILINE)
_LENGTH_BYTES = 4


def refusal(key: str) -> tuple[str, str] | None:
    """Return fault and remedy of a key; None if it is a valid public key."""
    if _PRIVATE.search(key):
        return "it is a private key", "give the public one, and renew this one"
    kind, _, rest = key.partition(" ")
    if "\n" in key or not rest.strip() or kind not in _TYPES:
        types = ", ".join(_TYPES)
        return (
            "it is no public key",
            f"give a line like 'ssh-ed25519 AAAA… comment' of type {types}",
        )
    if not _is_blob_of(kind, rest.split()[0]):
        return f"this key of type {kind} is damaged", "copy the whole line of the .pub file"
    return None


def read(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the keys of a file, and its faults by line.

    A private key is reported alone, since it explains all other faulty lines.
    """
    private = next((n for n, line in _lines(text) if _PRIVATE.search(line)), None)
    if private is not None:
        what, remedy = "it is a private key", "name the .pub file beside it, and renew the key"
        return [], [(f"line {private}: {what}", remedy)]
    keys, problems = [], []
    for number, line in _lines(text):
        if line.startswith("#"):
            continue
        refused = refusal(line)
        if refused:
            problems.append((f"line {number}: {refused[0]}", refused[1]))
        else:
            keys.append(line)
    return keys, problems


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line.strip()


def _is_blob_of(key_type: str, encoded: str) -> bool:
    """Tell whether base64 contains a key of that type: length-prefixed fields (RFC 4253)."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    stream, fields = io.BytesIO(blob), []
    while length := stream.read(_LENGTH_BYTES):
        size = int.from_bytes(length, "big")
        fields.append(stream.read(size))
        if len(length) < _LENGTH_BYTES or len(fields[-1]) < size:
            return False
    return len(fields) > 1 and fields[0] == key_type.encode()
