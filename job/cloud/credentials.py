"""Credentials: find the credentials that the provider would use, in its order.

The stack's settings come first (`gcp:accessToken`, `gcp:credentials`). If they name neither, the
environment's token and key follow, then the application default credentials. A token or a key is
a path if a file of that name exists, else the text itself. Relative paths start at the checkout,
where the plugin runs. A key may have any type that Google's Python library knows. The provider uses
another library, so a key that ours cannot load raises UnjudgedError and does not end the run.
"""

import json
import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import google.auth
from google.auth import environment_vars, impersonated_credentials
from google.auth.credentials import CredentialsWithQuotaProject, with_scopes_if_required
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials

from host.errors import JobError
from host.folders import CHECKOUT
from job.cloud.engine.diagnosis import CREDENTIALS_REMEDY
from job.cloud.place import Place
from job.network.web import sessions

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# The path that Google's Go library uses. It ignores CLOUDSDK_CONFIG.
_WELL_KNOWN = ".config/gcloud/application_default_credentials.json"
_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - no password
# For these types both libraries have the same requirements, so our refusal is final.
_PLAIN_TYPES = ("service_account", "authorized_user")
# A text with such a beginning is taken for a path. If it is a key after all, printing masks it.
_PATH_BEGINNINGS = ("/", "~/", "./", "../")
# Characters that are invalid in an HTTP header; the provider's client rejects them.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class UnjudgedError(JobError):
    """Only the provider can tell whether the credentials are usable."""


def find(place: Place) -> Any:
    """Return credentials without requesting a token. Raises JobError, UnjudgedError."""
    if place.access_token:
        found: Any = Credentials(token=_token(place.access_token))
    elif place.key:
        found = _of_key(path_or_contents(place.key, "gcp:credentials"))
    else:
        found = _default()
    if isinstance(found, CredentialsWithQuotaProject):
        # The provider ignores the quota project in a key and uses only the variable.
        found = found.with_quota_project(
            os.environ.get(environment_vars.GOOGLE_CLOUD_QUOTA_PROJECT)
        )
    if not place.impersonated:
        return found
    return impersonated_credentials.Credentials(
        source_credentials=found,
        target_principal=place.impersonated,
        delegates=list(place.delegates),
        target_scopes=[_SCOPE],
    )


def path_or_contents(text: str, what: str, *, base: Path = CHECKOUT) -> str:
    """Return the contents of the file of that name, or the text itself if there is none.

    This is the provider's rule. Raises JobError for a folder or an unreadable file.
    """
    path = Path(text)
    if text.startswith("~"):
        user, _, rest = text[1:].partition("/")
        if user:
            raise _refusal(f"{what} begins with ~{user}, of which the provider knows no folder")
        path = Path.home() / rest
    try:
        (base / path).stat()
    except (OSError, ValueError):
        return text
    try:
        return (base / path).read_bytes().decode(errors="replace")
    except OSError as error:
        reason = f"{what} is the name of {base / path}, which cannot be read ({error.strerror})"
        raise _refusal(reason) from None


def _token(text: str) -> str:
    token = path_or_contents(text, "gcp:accessToken")
    if _CONTROL.search(token):
        raise _refusal(
            "gcp:accessToken: the token holds a line break or the like, which the provider cannot"
            " send"
        )
    return token


def _default() -> Any:
    """Return the application default credentials. Raises as `find`."""
    named = os.environ.get(environment_vars.CREDENTIALS)
    path = CHECKOUT / named if named else Path.home() / _WELL_KNOWN
    if named or path.is_file():
        try:
            return _of_key(path.read_bytes().decode(errors="replace"))
        except OSError as error:
            raise _refusal(f"{path} cannot be read: {error.strerror}") from None
    try:
        found, _ = google.auth.default(scopes=[_SCOPE], request=Request(sessions.session()))
    except GoogleAuthError as error:
        raise _refusal(str(error)) from None
    return found


def _of_key(text: str) -> Any:
    try:
        key = json.loads(text)
    except ValueError as error:
        named = text.startswith(_PATH_BEGINNINGS)
        reason = f"there is no file {text}" if named else f"a key is no JSON ({error})"
        raise _refusal(reason) from None
    if not isinstance(key, Mapping) or not key.get("type"):
        raise _refusal("a key says no type")
    kind = key["type"]
    if kind == "service_account":
        key = {"token_uri": _TOKEN_URI, **key}
    try:
        return _load(key)
    except (GoogleAuthError, LookupError, TypeError, ValueError, AttributeError) as error:
        reason = f"a key of type {kind!r} is not read: {error.args[-1] if error.args else error!r}"
        if kind in _PLAIN_TYPES:
            raise _refusal(reason) from None
        raise UnjudgedError(
            f"credentials: {_line(reason)}; the provider may read it, and nothing was asked of"
            " Google Cloud with it"
        ) from None


def _load(key: Mapping[str, Any]) -> Any:
    # An impersonated account needs its scopes at creation. The provider requests none for a person,
    # and Google's library looks up the project of an external account that has scopes.
    scopes = [_SCOPE] if key["type"] == "impersonated_service_account" else None
    with warnings.catch_warnings():
        # Warnings about keys from untrusted sources and about quotas of personal accounts.
        warnings.simplefilter("ignore")
        found, _ = google.auth.load_credentials_from_dict(
            key, scopes=scopes, request=Request(sessions.session())
        )
    return with_scopes_if_required(found, [_SCOPE])


def _refusal(reason: str) -> JobError:
    return JobError(f"credentials: {_line(reason)}; {CREDENTIALS_REMEDY}", kind="configuration")


def _line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
