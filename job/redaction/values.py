"""Values: the secrets in a value, a document or a file, by the names that stand there.

In place of a secret there may be the path of a file that holds it. A value that everybody may see,
such as a number or the path of a file that is not there, is none.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from host.folders import CHECKOUT
from stacks.concealment import is_random

# Names that say it, and those of Google's whose name does not.
_NAME = re.compile(
    r"(?i)password|passwd|passphrase|secret|token|credential|(?:^|[_.-]|[a-z])key(?:_?id)?$"
    r"|^(?:google_cloud|gcloud)_keyfile_json$"
)
# What is about a secret, and is none itself.
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
    """The secrets among named values, which may hold further ones."""
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
    """The secrets in a text of any kind: JSON, YAML, `NAME=value`, keys, URLs."""
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
    """What a secret setting holds: the secret, a document with it, or the path of either."""
    text = str(value).strip()
    if "\n" in text or text.startswith("{"):
        yield from of_content(text)
    elif (content := read(Path(text))) is not None:
        yield from of_content(content)
    # The path of a file that is not there must be in the message that says so.
    elif not text.startswith(("/", "~", "./")) or is_random(text):
        yield from _worth(text)
        yield from _of_urls(text)


def of_file(path: Path) -> Iterator[str]:
    """The secrets in a file; none if it cannot be read."""
    yield from of_content(read(path) or "")


def of_content(text: str) -> Iterator[str]:
    """A document with secrets, or else one secret as a whole."""
    yield from list(of_document(text)) or _worth(text.strip())


def read(path: Path) -> str | None:
    """The text of a file, whose path is from the checkout on; None if it cannot be read."""
    try:
        path = CHECKOUT / path.expanduser()
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, RuntimeError, ValueError):
        return None


def _of_urls(text: str) -> Iterator[str]:
    """Passwords in URLs, or a user's name that has none: it is a token then."""
    for user in _IN_URL.findall(text):
        name, colon, password = user.partition(":")
        for each in {password if colon else name, unquote(password if colon else name)}:
            yield from _worth(each)


def _worth(value: str) -> Iterator[str]:
    """The value, unless it is a word that stands everywhere."""
    if value and not _NO_SECRET.fullmatch(value):
        yield value


def _is_secret(name: str) -> bool:
    return bool(_NAME.search(name)) and not _NOT.search(name) and not _FILE_NAME.search(name)
