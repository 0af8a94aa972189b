"""Identity: check that Google Cloud accepts the credentials and grants access to the project."""

from collections.abc import Callable
from functools import partial
from typing import Any

from google.auth import external_account
from google.auth.exceptions import GoogleAuthError, OAuthError, RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import gdch_credentials
from googleapiclient.errors import HttpError

from host.errors import JobError
from job.cloud import compute, credentials
from job.cloud.engine import diagnosis
from job.cloud.place import Place
from job.network.web import sessions
from job.run.preflight.findings import Report

Document = dict[str, Any]
Get = Callable[[Any], Document]
"""Sends a request with retries, as `compute.ask` does."""

FORBIDDEN = 403
_TOKEN_S = 15
# Key types whose first token is issued elsewhere. The provider's library differs from ours there.
_ELSEWHERE = (external_account.Credentials, gdch_credentials.ServiceAccountCredentials)


def usable(place: Place) -> Report:
    """Request a token for the credentials. Raises JobError. Needs no project.

    For key types that only the provider may be able to use, a failure is a warning: the token of
    an external account, for example, comes from a program, a file or another cloud.
    """
    try:
        found = credentials.find(place)
    except credentials.UnjudgedError as error:
        return Report(warnings=[str(error)])
    if place.access_token and not place.impersonated:
        return Report()  # It is the token; only a request can tell what it is worth.
    try:
        found.refresh(partial(Request(sessions.session()), timeout=_TOKEN_S))
    except OAuthError as error:
        raise compute.refused(error) from None
    except GoogleAuthError as error:
        if isinstance(found, _ELSEWHERE):
            return Report(warnings=[f"credentials: {_no_token(error)}; the provider may get one"])
        if isinstance(error, RefreshError):
            raise compute.refused(error) from None
        raise JobError(
            f"credentials: {_no_token(error)}; see to it that this machine reaches Google Cloud"
        ) from None
    return Report()


def _no_token(error: GoogleAuthError) -> str:
    return f"no token can be had for them ({' '.join(str(error).split())})"


def project(client: Any, place: Place, get: Get) -> Document | None:
    """Read the project; None if the account may not. Raises JobError.

    An account without permission to read projects may still be able to work in this one. Then
    permission to list networks, which the job needs, is the criterion.
    """
    try:
        return get(client.projects().get(project=place.project))
    except HttpError as error:
        if error.resp.status != FORBIDDEN:
            raise explain(error) from None
        refused = error
    try:
        get(client.networks().list(project=place.project, maxResults=1))
    except HttpError:
        raise explain(refused) from None
    return None


def explain(error: HttpError) -> JobError:
    """Describe an API error in one line with a remedy."""
    refusal = compute.refusal_of(error)
    text = f"Error {refusal.status}: {refusal.message}, {refusal.reason}"
    if known := diagnosis.known(text):
        return known
    remedy = "try again later" if compute.is_passing(error) else "do what it says"
    return JobError(f"compute: the API refuses ({text}); {remedy}", kind=refusal.kind)
