"""Sources: find the secrets in the environment, settings, state and outputs."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from job.redaction.values import of_content, of_document, of_file, of_mapping, of_value, read

# How Pulumi marks a secret in an exported state.
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
# pulumi_gcp marks these outputs as secrets, although they hold labels. The label `controller`, for
# example, would be masked in every line.
_LABELS = {"effectiveLabels", "pulumiLabels"}


def of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets in variables, and in the files that they name."""
    yield from of_mapping(environ)
    # Google's libraries use this key file without a variable.
    home = environ.get("HOME") or str(Path.home())
    config = environ.get("CLOUDSDK_CONFIG")
    folder = Path(config) if config else Path(home, ".config/gcloud")
    yield from of_file(folder / "application_default_credentials.json")


def of_settings(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets in a stack's settings, and in the files that they name.

    `schema` is the project's, which may mark a setting as a secret. Encrypted values are left out:
    only the engine can decrypt them.
    """
    for key, value in config.items():
        name = key.rpartition(":")[2]
        entry = schema.get(key) or schema.get(name) or {}
        if isinstance(entry, dict) and entry.get("secret"):
            yield from of_value(value)
        else:
            yield from of_mapping({name: value})
        if name == "localConfFile":
            yield from of_document(read(Path(str(value))) or "")


def of_decrypted(config: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the secrets in the answer of `pulumi config --json --show-secrets`."""
    for entry in config.values():
        if entry.get("secret"):
            yield from _of_plain(entry.get("objectValue", entry.get("value")))


def of_state(document: Any) -> Iterator[str]:
    """Yield the secrets in a state that was exported with `--show-secrets`."""
    if isinstance(document, list):
        for item in document:
            yield from of_state(item)
    elif isinstance(document, dict):
        if _is_wrapped(document):
            yield from _of_plain(json.loads(document.get("plaintext", "null")))
        else:
            yield from of_state([item for name, item in document.items() if name not in _LABELS])


def of_outputs(outputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets in a stack's outputs."""
    for value in outputs.values():
        if isinstance(value, str):
            yield from of_document(value)


def _is_wrapped(document: dict[str, Any]) -> bool:
    return document.get(_SIGNATURE) == _SECRET


def _of_plain(value: Any) -> Iterator[str]:
    """Yield the parts of a secret value: a text, a document or a nested structure."""
    if isinstance(value, dict) and _is_wrapped(value):
        yield from of_state(value)
    elif isinstance(value, dict):
        shown = {name: item for name, item in value.items() if name not in _LABELS}
        yield from of_mapping(shown)
        yield from _of_plain(list(shown.values()))
    elif isinstance(value, list):
        for item in value:
            yield from _of_plain(item)
    # User data contains programs, and its secrets are in other values of the state as well.
    elif isinstance(value, str) and not value.startswith("#cloud-config"):
        yield from of_content(value)
