"""Client: calls of the Compute API, with retries, operations and errors as in the real plugin.

A request is sent again if its refusal may pass (see ApiError). An operation that was accepted is
waited for and never sent again. Both end at the call's time limit or at the engine's Cancel.
"""

import threading
import time
from http.client import HTTPException
from typing import Any

import httplib2
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from localcloud.plugins.gcp.errors import (
    ApiError,
    NotFoundError,
    OperationError,
    operation_text,
)
from localcloud.plugins.gcp.links import name_of
from localcloud.plugins.provider import Call, ProviderError

Json = dict[str, Any]

# The real plugin's time limit for a call, where the program sets none.
_TIMEOUT_S = 20 * 60
_FIRST_RETRY_S = 0.5
_LONGEST_RETRY_S = 10.0
_SOCKET_TIMEOUT_S = 120


class Service:
    """The API at one endpoint. Safe to use from many threads."""

    poll_interval_s: float
    """Pause between two polls of an operation."""

    def __init__(self, endpoint: str, access_token: str, poll_interval_s: float) -> None:
        # The discovery document comes with the library, so nothing is fetched from Google.
        self._service = build(
            "compute",
            "v1",
            static_discovery=True,
            http=_connection(),
            client_options={"api_endpoint": endpoint},
        )
        self._authorization = f"Bearer {access_token}"
        self._connections = threading.local()
        self.poll_interval_s = poll_interval_s

    def send(self, call: Call, collection: str, method: str, params: Json) -> Json:
        """Send a request and return the answer. Retry refusals that may pass. Raises ApiError.

        `collection` and `method` have the names of Google's client library.
        """
        delay = _FIRST_RETRY_S
        while True:
            try:
                return self._send_once(collection, method, params)
            except HttpError as error:
                failure = ApiError.of(error.resp.status, error.content)
            except (OSError, HTTPException) as error:
                failure = ApiError.of_connection(error)
            if not failure.passing or call.stop_reason():
                raise failure
            call.status(f"will try again: {failure}")
            time.sleep(delay)
            delay = min(delay * 2, _LONGEST_RETRY_S)

    def _send_once(self, collection: str, method: str, params: Json) -> Json:
        request = getattr(getattr(self._service, collection)(), method)(**params)
        request.headers["authorization"] = self._authorization
        # httplib2 is not thread-safe, so each thread has its own connection.
        if not hasattr(self._connections, "http"):
            self._connections.http = _connection()
        answer: Json = request.execute(http=self._connections.http)
        return answer


def _connection() -> httplib2.Http:
    # The endpoint is on loopback. Go, and so the real plugin, uses no proxy for that.
    return httplib2.Http(timeout=_SOCKET_TIMEOUT_S, proxy_info=None)


class Compute:
    """The API for one call of the engine, with that call's time limit."""

    def __init__(self, service: Service, call: Call) -> None:
        self._service = service
        self._call = call
        call.timeout_s = call.timeout_s or _TIMEOUT_S

    def run(self, collection: str, method: str, **params: Any) -> Json:
        """Send a request and return the answer. Raises ApiError."""
        return self._service.send(self._call, collection, method, params)

    def find(self, collection: str, method: str = "get", **params: Any) -> Json | None:
        """Return a resource, or None if it does not exist. Raises ApiError."""
        try:
            return self.run(collection, method, **params)
        except NotFoundError:
            return None

    def change(self, activity: str, collection: str, method: str, **params: Any) -> None:
        """Send a request and wait for its operation.

        Raises ApiError if the request is refused. Raises OperationError, with the name of the
        activity, if the operation fails or takes too long.
        """
        operation = self.run(collection, method, **params)
        try:
            finished = self._finished(operation, params["project"])
        except ProviderError as error:
            raise OperationError(f"Error waiting for {activity}: {error}") from error
        if "error" in finished:
            text = operation_text(finished["error"])
            raise OperationError(f"Error waiting for {activity}: {text}")

    def expired(self) -> bool:
        """Tell whether the call must end: its time is up, or the engine cancelled it."""
        return self._call.stop_reason() is not None

    def sleep(self, seconds: float) -> None:
        """Sleep as the real plugin does: the call's time limit ends it, Cancel does not."""
        remaining = self._call.remaining_s()
        time.sleep(seconds if remaining is None else min(seconds, remaining))

    def _finished(self, operation: Json, project: str) -> Json:
        """Poll an operation, at once and then at each interval, until it is done. Return it."""
        collection, where = _place_of(operation, project)
        while operation["status"] != "DONE":
            # The real plugin has another text for Cancel than for the time limit.
            if self._call.cancelled.is_set():
                raise OperationError("unable to finish polling, context has been cancelled")
            if self._call.stop_reason():
                raise OperationError(
                    "timeout while waiting for state to become 'DONE' (last state:"
                    f" '{operation['status']}', timeout: {self._call.timeout_s:g}s)"
                )
            operation = self.run(collection, "get", **where)
            if operation["status"] != "DONE":
                self.sleep(self._service.poll_interval_s)
        return operation


def _place_of(operation: Json, project: str) -> tuple[str, Json]:
    """Return the collection of an operation, and the parameters that name it there."""
    where = {"project": project, "operation": operation["name"]}
    for scope in ("zone", "region"):
        if scope in operation:
            return f"{scope}Operations", {**where, scope: name_of(operation[scope])}
    return "globalOperations", where
