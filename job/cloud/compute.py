"""Compute: requests to the Compute API, with the provider's credentials and with retries."""

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import httplib2
import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport import DEFAULT_MAX_REFRESH_ATTEMPTS
from google.auth.transport.requests import AuthorizedSession, Request
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from host.errors import JobError
from job.cloud import credentials
from job.cloud.engine.diagnosis import CREDENTIALS_REMEDY
from job.cloud.engine.refusal import PASSING_STATUSES, RATE_LIMITS, Refusal
from job.cloud.place import Place
from job.network.web import sessions

_ANSWER_S = 20
_PATIENCE_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 15.0
# Errors of `requests` are OSErrors.
_NO_ANSWER = (OSError, TransportError)


def connect(place: Place) -> Any:
    """Return Google's client of the Compute API. Raises JobError without credentials."""
    session = AuthorizedSession(
        credentials.find(place),
        auth_request=Request(sessions.session()),
        refresh_timeout=_ANSWER_S,
        # A bare token cannot be refreshed.
        max_refresh_attempts=0 if place.access_token else DEFAULT_MAX_REFRESH_ATTEMPTS,
    )
    return build(
        "compute",
        "v1",
        http=_Transport(sessions.prepare(session)),
        static_discovery=True,
        client_options={"api_endpoint": place.endpoint} if place.endpoint else None,
    )


class _Transport:
    """Replaces httplib2, which ignores NO_PROXY and supports few proxies."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[httplib2.Response, bytes]:
        """Send a request. Raises requests.RequestException or GoogleAuthError."""
        answer = self._session.request(
            method, uri, data=body, headers=headers, timeout=_ANSWER_S, allow_redirects=False
        )
        response = httplib2.Response({**answer.headers, "status": str(answer.status_code)})
        response.reason = answer.reason
        return response, answer.content


def ask(
    request: Any, *, patience_s: float = _PATIENCE_S, sleep: Callable[[float], object] = time.sleep
) -> dict[str, Any]:
    """Send a request and return the answer. Retries outages and rate limits, with backoff.

    Raises HttpError for a refusal, JobError without an answer or without a token.
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
        # Jitter, so that jobs that were refused together do not retry together.
        sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - no secret
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def refused(error: GoogleAuthError) -> JobError:
    """Return the error for credentials that Google Cloud gives no token for."""
    reason = " ".join(str(error.args[0]).split())
    return JobError(
        f"credentials: Google Cloud refuses them ({reason}); {CREDENTIALS_REMEDY}",
        kind="configuration",
    )


def is_passing(error: HttpError) -> bool:
    """Tell whether a retry may succeed: an outage, or a rate limit."""
    return error.resp.status in PASSING_STATUSES or reason_of(error) in RATE_LIMITS


def refusal_of(error: HttpError) -> Refusal:
    """Convert an error to a Refusal, with Google Cloud's own message."""
    message = " ".join(str(error.reason).split())
    return Refusal(message=message, status=error.resp.status, reason=reason_of(error))


def reason_of(error: HttpError) -> str:
    """Return the API's error reason, such as `notFound`, or an empty string."""
    try:
        reason: str = json.loads(error.content)["error"]["errors"][0]["reason"]
    except (ValueError, LookupError, TypeError):
        return ""
    return reason
