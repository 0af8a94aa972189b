"""Values: decide by its name whether a value in a mapping, document or file is a secret.

A secret's value may also be the path of a file that contains it. Numbers, booleans and paths of
missing files are never secrets: masking them would hide what an error message is about.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from host.folders import CHECKOUT
from stacks.concealment import is_random

# Telling names, and Google's variables whose names are not telling.
_NAME = re.compile(
    r"(?i)password|passwd|passphrase|secret|token|credential|(?:^|[_.-]|[a-z])key(?:_?id)?$"
    r"|^(?:google_cloud|gcloud)_keyfile_json$"
)
# Names of properties of a secret, which are no secrets themselves.
_NOT = re.compile(
    r"(?i)public|authorized|expir|lifetime|(?:ttl|type|name|ur[il]|host|path|dir|header|length|size"
    r"|count|limit|provider|helper|endpoint|timeout(?:_?s)?)$"
)
_FILE_NAME = re.compile(r"(?i)_?(?:file|path)$")
_IN_URL = re.compile(r"://([^\s/?#'\"@]+)@")
_KEY_BLOCK = re.compile(r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END|\Z)")
_ASSIGNMENT = re.compile(r"(?m)^[ \t]*[\"']?([\w.-]+)[\"']?[ \t]*[=:][ \t]*(\S.*?)[ \t]*$")
_NO_SECRET = re.compile(r"(?i)true|false|yes|no|none|null|\d{1,11}|\$.*|\*+|\[secret\]")
_MOST_BYTES = 2**20
# How Pulumi marks an encrypted value of a settings file.
_ENCRYPTED = "secure"


def of_mapping(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets among named values, nested ones included."""
    for name, value in values.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield from () if _ENCRYPTED in item else of_mapping(item)
            elif _is_secret(name):
                yield from of_value(item)
            elif _is_secret(_FILE_NAME.sub("", name)):
                yield from of_file(Path(str(item)))
            else:
                yield from _of_urls(str(item))


def of_document(text: str) -> Iterator[str]:
    """Yield the secrets in a text: JSON, YAML, `NAME=value`, keys, URLs."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict):
        yield from of_mapping(document)
        return
    yield from _KEY_BLOCK.findall(text)
    yield from _of_urls(text)
    for name, value in _ASSIGNMENT.findall(text):
        if _is_secret(name):
            yield from _worth(value.strip("\"';"))


def of_value(value: Any) -> Iterator[str]:
    """Yield a secret setting's secrets: its text, or those in a document or file."""
    text = str(value).strip()
    if "\n" in text or text.startswith("{"):
        yield from of_content(text)
    elif (content := read(Path(text))) is not None:
        yield from of_content(content)
    # Keep the path of a missing file readable: the error message about it contains it.
    elif not text.startswith(("/", "~", "./")) or is_random(text):
        yield from _worth(text)
        yield from _of_urls(text)


def of_file(path: Path) -> Iterator[str]:
    """Yield the secrets in a file; none if it cannot be read."""
    yield from of_content(read(path) or "")


def of_content(text: str) -> Iterator[str]:
    """Yield the secrets in a document; if there are none, the whole text is one."""
    yield from list(of_document(text)) or _worth(text.strip())


def read(path: Path) -> str | None:
    """Return a file's text, or None if it cannot be read. Relative paths start at the checkout."""
    try:
        path = CHECKOUT / path.expanduser()
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, RuntimeError, ValueError):
        return None


def _of_urls(text: str) -> Iterator[str]:
    """Yield passwords in URLs. A user name without a password is a token."""
    for user in _IN_URL.findall(text):
        name, colon, password = user.partition(":")
        for each in {password if colon else name, unquote(password if colon else name)}:
            yield from _worth(each)


def _worth(value: str) -> Iterator[str]:
    """Yield the value unless it is a common word or a number."""
    if value and not _NO_SECRET.fullmatch(value):
        yield value


def _is_secret(name: str) -> bool:
    return bool(_NAME.search(name)) and not _NOT.search(name) and not _FILE_NAME.search(name)
