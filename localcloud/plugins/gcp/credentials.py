"""Credentials: the access token from the provider's two options, read as the real plugin does.

Each option is the path of a file if one of that name exists, otherwise the contents itself
(PathOrContents in hashicorp/terraform-provider-google). The access token wins over the key. A key
alone is refused, because only Google exchanges it for a token. Its form is checked before, so that
a broken key gets the real plugin's complaint.
"""

import json
import os
from pathlib import Path
from typing import Any

from localcloud.plugins.provider import ProviderError
from localcloud.plugins.quote import go_quote

# The types that golang.org/x/oauth2/google knows.
_TYPES = (
    "authorized_user",
    "external_account",
    "external_account_authorized_user",
    "gdch_service_account",
    "impersonated_service_account",
    "service_account",
)
_NO_CREDENTIALS = """failed to load application credentials.
To use your default gcloud credentials, run:
\t`gcloud auth application-default login`
See https://www.pulumi.com/registry/packages/gcp/installation-configuration/ for details.
Expanded error message: """
_NO_GOOGLE = "the stand-in plugin reaches no Google, which gives tokens: set gcp:accessToken"


class _UnusableError(Exception):
    """An option without usable credentials. The text is the reason in the real plugin's words."""


def access_token(token: str, key: str) -> str:
    """Return the token of the options `accessToken` and `credentials`. Raises ProviderError."""
    try:
        if token:
            return _header_value(_read(token, "Error loading access token"))
        if key:
            _parse_key(_read(key, "error loading credentials"), "error unmarshaling credentials")
    except _UnusableError as error:
        raise ProviderError(f"{_NO_CREDENTIALS}{error}") from None
    found = "a key alone" if key else "neither `credentials` nor `access_token`"
    raise ProviderError(f"{_NO_CREDENTIALS}{found} was set; {_NO_GOOGLE}")


def refusal_of_key(key: str) -> str:
    """Return the reason to refuse `credentials` in Check, or an empty text.

    A path of an existing file passes: like the real plugin, Check reads no file.
    """
    if _exists(key):
        return ""
    try:
        _parse_key(key, "JSON credentials are not valid")
    except _UnusableError as error:
        return str(error)
    return ""


def _read(option: str, complaint: str) -> str:
    path = option
    if option.startswith("~"):
        if option[1:2] not in {"", "/"}:
            raise _UnusableError(f"{complaint}: cannot expand user-specific home dir")
        path = os.path.expanduser(option)  # noqa: PTH111 - a Path would drop a trailing slash
    if not _exists(path):
        return option
    try:
        return Path(path).read_bytes().decode(errors="replace")
    except OSError as error:
        # Go can open a folder; only reading it fails.
        verb = "read" if isinstance(error, IsADirectoryError) else "open"
        reason = str(error.strerror).lower()
        raise _UnusableError(f"{complaint}: {verb} {path}: {reason}") from None


def _exists(path: str) -> bool:
    try:
        os.stat(path)  # noqa: PTH116 - a Path would drop a trailing slash
    except (OSError, ValueError):  # ValueError: it contains a zero byte
        return False
    return True


def _header_value(token: str) -> str:
    """Return the token. Refuse one that no header can carry, such as a file with a line end.

    Without this check the first request on a resource would fail instead.
    """
    if not token.isascii() or not token.isprintable():
        raise _UnusableError('net/http: invalid header field value for "Authorization"')
    return token


def _parse_key(text: str, complaint: str) -> None:
    try:
        key: Any = json.loads(text)
    except ValueError as error:
        raise _UnusableError(f"{complaint}: {error}") from None
    if not isinstance(key, dict):
        raise _UnusableError(f"{complaint}: {type(key).__name__} is no JSON object")
    kind = str(key.get("type", ""))
    if kind not in _TYPES:
        what = f"unknown credential type: {go_quote(kind)}" if kind else "missing 'type' field"
        raise _UnusableError(f"{complaint}: {what}")
