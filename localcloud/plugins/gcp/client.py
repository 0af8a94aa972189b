"""Client: calls of the Compute API, with retries, operations and errors as in the real plugin."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from http.client import HTTPException
from typing import Any

from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import build_http

from localcloud.plugins.gcp.errors import (
    ApiError,
    NotFoundError,
    OperationError,
    operation_text,
)
from localcloud.plugins.gcp.links import name_of
from localcloud.plugins.provider import Call, ProviderError

Json = dict[str, Any]

# The real plugin's, where the program sets none.
_TIMEOUT_S = 20 * 60
_FIRST_RETRY_S = 0.5
_LONGEST_RETRY_S = 10.0
# operations.wait answers after two minutes at the latest.
_SOCKET_TIMEOUT_S = 150
_WATCH_S = 0.2
_WORKERS = 256


class Service:
    """The API at one endpoint; safe to use from many threads."""

    def __init__(self, endpoint: str, access_token: str) -> None:
        # The document of methods comes with the library; nothing is fetched.
        self._service = build(
            "compute",
            "v1",
            static_discovery=True,
            http=build_http(),
            client_options={"api_endpoint": endpoint},
        )
        self._authorization = f"Bearer {access_token}"
        self._connections = threading.local()
        self._waiters = ThreadPoolExecutor(max_workers=_WORKERS)

    def send(self, call: Call, collection: str, method: str, params: Json) -> Json:
        """Send a request, again when the refusal is a passing one. Raises ApiError."""
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

    def wait(self, call: Call, operation: Json, project: str) -> "Future[Json]":
        """Wait for an operation, in a thread of its own so that nobody else has to."""
        return self._waiters.submit(self._wait, call, operation, project)

    def _wait(self, call: Call, operation: Json, project: str) -> Json:
        where = {"project": project, "operation": operation["name"]}
        collection = "globalOperations"
        for scope in ("zone", "region"):
            if scope in operation:
                where[scope] = name_of(operation[scope])
                collection = f"{scope}Operations"
        while operation["status"] != "DONE" and not call.stop_reason():
            operation = self.send(call, collection, "wait", where)
        return operation

    def _send_once(self, collection: str, method: str, params: Json) -> Json:
        request = getattr(getattr(self._service, collection)(), method)(**params)
        request.headers["authorization"] = self._authorization
        if not hasattr(self._connections, "http"):
            self._connections.http = build_http()
            self._connections.http.timeout = _SOCKET_TIMEOUT_S
        answer: Json = request.execute(http=self._connections.http)
        return answer


class Compute:
    """The API as one call of the engine uses it, with that call's time limit."""

    def __init__(self, service: Service, call: Call) -> None:
        self._service = service
        self._call = call
        call.timeout_s = call.timeout_s or _TIMEOUT_S

    def run(self, collection: str, method: str, **params: Any) -> Json:
        """Send a request. Raises ApiError."""
        return self._service.send(self._call, collection, method, params)

    def find(self, collection: str, method: str = "get", **params: Any) -> Json | None:
        """Look up what may not be there."""
        try:
            return self.run(collection, method, **params)
        except NotFoundError:
            return None

    def change(self, activity: str, collection: str, method: str, **params: Any) -> None:
        """Send a request and wait for its operation. Raises ApiError, OperationError."""
        operation = self.run(collection, method, **params)
        try:
            finished = self._finished(operation, params["project"])
        except ProviderError as error:
            raise OperationError(f"Error waiting for {activity}: {error}") from error
        if "error" in finished:
            text = operation_text(finished["error"])
            raise OperationError(f"Error waiting for {activity}: {text}")

    def _finished(self, operation: Json, project: str) -> Json:
        future = self._service.wait(self._call, operation, project)
        while True:
            try:
                return future.result(_WATCH_S)
            except NotYetError:
                if self._call.cancelled.is_set():
                    text = "unable to finish polling, context has been cancelled"
                    raise OperationError(text) from None
                if self._call.stop_reason():
                    text = (
                        "timeout while waiting for state to become 'DONE' (last state: 'RUNNING',"
                        f" timeout: {self._call.timeout_s:g}s)"
                    )
                    raise OperationError(text) from None
