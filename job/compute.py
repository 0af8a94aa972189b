"""Compute: the Compute API, reached as the provider plugin reaches it, and asked with patience."""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import google.auth
import httplib2
from google.auth import identity_pool, impersonated_credentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport import DEFAULT_MAX_REFRESH_ATTEMPTS
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import build_http

from job.diagnosis import CREDENTIALS_REMEDY
from job.errors import JobError
from job.refusal import PASSING_STATUSES, RATE_LIMITS, Refusal
from job.stack import Stack, project_of

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# The provider takes a key, or the path of its file, from these before it looks for others.
_KEY_VARIABLES = ("GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON")
_LOADERS: dict[str, Callable[..., Any]] = {
    "service_account": service_account.Credentials.from_service_account_info,
    "authorized_user": Credentials.from_authorized_user_info,
    "external_account": identity_pool.Credentials.from_info,
}
_ANSWER_S = 20
_PATIENCE_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 15.0
_NO_ANSWER = (OSError, httplib2.HttpLib2Error, TransportError)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stack is, and how its API is reached."""

    project: str
    region: str
    prefix: str
    endpoint: str = ""
    """Of the Compute API; empty: Google's."""
    access_token: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    """A key, or the path of its file; empty (and no token): the application default credentials."""
    impersonated: str = ""
    """The account to act as; empty: the one that the credentials are of."""


def place_of(stack: Stack) -> Place:
    """Where a staged stack is, by its configuration or what the provider takes in its place."""
    environ = stack.environment
    return Place(
        project=stack.setting("gcp:project") or project_of(environ),
        region=stack.setting("devstack:region"),
        prefix=f"{stack.setting('devstack:clusterName')}-{stack.name}",
        endpoint=stack.setting("gcp:computeCustomEndpoint")
        or environ.get("GOOGLE_COMPUTE_CUSTOM_ENDPOINT", ""),
        access_token=stack.setting("gcp:accessToken")
        or environ.get("GOOGLE_OAUTH_ACCESS_TOKEN", ""),
        key=stack.setting("gcp:credentials") or _first(environ, _KEY_VARIABLES),
        impersonated=stack.setting("gcp:impersonateServiceAccount")
        or environ.get("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", ""),
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next(filter(None, map(environ.get, names)), "")


def connect(place: Place) -> Any:
    """Google's client of the Compute API. Raises JobError without credentials."""
    http = build_http()
    http.timeout = _ANSWER_S
    # A token alone cannot be renewed when it is refused.
    renewals = 0 if place.access_token else DEFAULT_MAX_REFRESH_ATTEMPTS
    return build(
        "compute",
        "v1",
        http=AuthorizedHttp(credentials(place), http=http, max_refresh_attempts=renewals),
        static_discovery=True,
        client_options={"api_endpoint": place.endpoint} if place.endpoint else None,
    )


def credentials(place: Place) -> Any:
    """The credentials that the provider would use; nobody has looked at them yet. As `connect`."""
    if place.access_token:
        found: Any = Credentials(token=place.access_token)
    else:
        found = _own_credentials(place)
    if place.impersonated:
        return impersonated_credentials.Credentials(
            source_credentials=found,
            target_principal=place.impersonated,
            target_scopes=[_SCOPE],
        )
    return found


def _own_credentials(place: Place) -> Any:
    try:
        if not place.key:
            return google.auth.default(scopes=[_SCOPE])[0]
        text = place.key
        if not text.lstrip().startswith("{"):
            text = Path(text).expanduser().read_text(encoding="utf-8")
        key = json.loads(text)
        return _LOADERS[key.get("type")](key, scopes=[_SCOPE])
    except (GoogleAuthError, OSError, ValueError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
    except KeyError:
        reason = f"a key is of none of the types {', '.join(_LOADERS)}"
    raise JobError(f"credentials: {reason}; {CREDENTIALS_REMEDY}", kind="configuration")


def ask(
    request: Any, *, patience_s: float = _PATIENCE_S, sleep: Callable[[float], object] = time.sleep
) -> dict[str, Any]:
    """The answer to a request; what passes, such as a rate limit, is asked again, ever slower.

    Raises HttpError for an answer that refuses, JobError for none or for no token.
    """
    deadline = time.monotonic() + patience_s
    pause = _FIRST_PAUSE_S
    while True:
        try:
            answer: dict[str, Any] = request.execute()
        except HttpError as error:
            if not is_passing(error) or time.monotonic() + pause > deadline:
                raise
        except RefreshError as error:
            raise refused(error) from None
        except _NO_ANSWER as error:
            if time.monotonic() + pause > deadline:
                raise JobError(
                    f"compute: {request.uri} does not answer: {error}", kind="infrastructure"
                ) from None
        else:
            return answer
        # Jobs that were refused together shall not come back together.
        sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - no secret
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def refused(error: RefreshError) -> JobError:
    """The error of credentials for which no token is given."""
    reason = " ".join(str(error.args[0]).split())
    return JobError(
        f"credentials: Google Cloud refuses them ({reason}); {CREDENTIALS_REMEDY}",
        kind="configuration",
    )


def is_passing(error: HttpError) -> bool:
    """Tell whether the same request may be answered soon: an outage, or a rate limit."""
    return error.resp.status in PASSING_STATUSES or reason_of(error) in RATE_LIMITS


def refusal_of(error: HttpError) -> Refusal:
    """The refusal in Google Cloud's own words."""
    message = " ".join(str(error.reason).split())
    return Refusal(message=message, status=error.resp.status, reason=reason_of(error))


def reason_of(error: HttpError) -> str:
    """The API's word for what is wrong, such as `notFound`, or an empty string."""
    try:
        reason: str = json.loads(error.content)["error"]["errors"][0]["reason"]
    except (ValueError, LookupError, TypeError):
        return ""
    return reason
