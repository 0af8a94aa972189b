"""Sources: where the secrets are that a run can meet.

A value is a secret by the name that it has, wherever it stands: in the environment, in a settings
file, in a key file of Google's, in the stack's state. In place of the value there may be the path
of a file that holds it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

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
# How Pulumi marks a secret in an exported state, and in the values of a settings file.
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
_ENCRYPTED = "secure"


def of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    """The secrets in variables, and in the files that they name."""
    yield from _of_mapping(environ)
    # The key that Google's libraries find without being told.
    home = environ.get("HOME") or str(Path.home())
    config = environ.get("CLOUDSDK_CONFIG")
    folder = Path(config) if config else Path(home, ".config/gcloud")
    yield from _of_file(folder / "application_default_credentials.json")


def of_settings(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """The secrets in the settings of a stack, and in the files that they name.

    `schema` is that of the project, where a setting may be marked as a secret. What is encrypted
    is known to the engine alone.
    """
    for key, value in config.items():
        name = key.rpartition(":")[2]
        entry = schema.get(key) or schema.get(name) or {}
        if isinstance(entry, dict) and entry.get("secret"):
            yield from _of_value(value)
        else:
            yield from _of_mapping({name: value})
        if name == "localConfFile":
            yield from of_document(_read(Path(str(value))) or "")


def of_decrypted(config: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The secrets in what `pulumi config --json --show-secrets` answers."""
    for entry in config.values():
        if entry.get("secret"):
            yield from _of_plain(entry.get("objectValue", entry.get("value")))


def of_state(document: Any) -> Iterator[str]:
    """The secrets in an exported state with its secrets in plain text."""
    if isinstance(document, list):
        for item in document:
            yield from of_state(item)
    elif isinstance(document, dict):
        if document.get(_SIGNATURE) == _SECRET:
            yield from _of_plain(json.loads(document.get("plaintext", "null")))
        else:
            yield from of_state(list(document.values()))


def of_outputs(outputs: Mapping[str, Any]) -> Iterator[str]:
    """The secrets in a stack's outputs."""
    for value in outputs.values():
        if isinstance(value, str):
            yield from of_document(value)


def of_document(text: str) -> Iterator[str]:
    """The secrets in a text of any kind: JSON, YAML, `NAME=value`, keys, URLs."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict):
        yield from _of_mapping(document)
        return
    yield from _KEY_BLOCK.findall(text)
    yield from _of_urls(text)
    for name, value in _ASSIGNMENT.findall(text):
        if _is_secret(name):
            yield from _worth(value.strip("\"';"))


def _of_plain(value: Any) -> Iterator[str]:
    """A secret of the state: a text, a document, or a whole structure of values."""
    if isinstance(value, dict):
        yield from _of_mapping(value)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _of_plain(item)
    # User data is made of secrets that stand elsewhere too, and of programs.
    elif isinstance(value, str) and not value.startswith("#cloud-config"):
        yield from _of_content(value)


def _of_mapping(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            if _ENCRYPTED not in value:
                yield from _of_mapping(value)
        elif _is_secret(name):
            yield from _of_value(value)
        elif _is_secret(_FILE_NAME.sub("", name)):
            yield from _of_file(Path(str(value)))
        else:
            yield from _of_urls(str(value))


def _is_secret(name: str) -> bool:
    return bool(_NAME.search(name)) and not _NOT.search(name) and not _FILE_NAME.search(name)


def _of_value(value: Any) -> Iterator[str]:
    """What a secret setting holds: the secret, a document with it, or the path of either."""
    text = str(value).strip()
    if "\n" in text or text.startswith("{"):
        yield from _of_content(text)
    elif (content := _read(Path(text))) is not None:
        yield from _of_content(content)
    # The path of a file that is not there must be in the message that says so.
    elif not text.startswith(("/", "~", "./")) or is_random(text):
        yield from _worth(text)
        yield from _of_urls(text)


def _of_file(path: Path) -> Iterator[str]:
    yield from _of_content(_read(path) or "")


def _of_content(text: str) -> Iterator[str]:
    """A document with secrets, or else one secret as a whole."""
    yield from list(of_document(text)) or _worth(text.strip())


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


def _read(path: Path) -> str | None:
    """The text of a file; None if it is none that can be read."""
    try:
        path = path.expanduser()
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, RuntimeError, ValueError):
        return None
