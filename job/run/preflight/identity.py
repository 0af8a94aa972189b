"""Identity: whether Google Cloud knows who we are, and lets us into the project."""

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
from job.cloud.compute import Place
from job.cloud.engine import diagnosis
from job.network.web import sessions
from job.run.preflight.findings import Report

Document = dict[str, Any]
Get = Callable[[Any], Document]
"""Sends a request with patience, as `compute.ask` does."""

FORBIDDEN = 403
_TOKEN_S = 15
# Whose first token is made outside Google Cloud, where this library and the provider's differ.
_ELSEWHERE = (external_account.Credentials, gdch_credentials.ServiceAccountCredentials)


def usable(place: Place) -> Report:
    """Get a token for the credentials that there are. Raises JobError; needs no project.

    It is a warning if they are of a kind that the provider may be able to use although we are not:
    an external account's token, for one, comes from a program, a file or another cloud.
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


def project(client: Any, place: Place, get: Get) -> tuple[Document | None, Report]:
    """The project as the API shows it, None if the account may not look at it.

    One cheap call. An account that may not read projects may still be able to work in this one;
    that it may read networks, which the job does, is the test then.
    """
    try:
        return get(client.projects().get(project=place.project)), Report()
    except HttpError as error:
        if error.resp.status != FORBIDDEN:
            return None, Report.of(explain(error))
        refused = error
    try:
        get(client.networks().list(project=place.project, maxResults=1))
    except HttpError:
        return None, Report.of(explain(refused))
    return None, Report()


def explain(error: HttpError) -> JobError:
    """A refusal of the API in one line that says what to do."""
    refusal = compute.refusal_of(error)
    text = f"Error {refusal.status}: {refusal.message}, {refusal.reason}"
    if known := diagnosis.known(text):
        return known
    remedy = "try again later" if compute.is_passing(error) else "do what it says"
    return JobError(f"compute: the API refuses ({text}); {remedy}", kind=refusal.kind)
