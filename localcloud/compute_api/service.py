"""Service: the API without its HTTP, for plain requests and for parts of a batch.

A request is refused by the first check that it fails: a bearer token, a route of the discovery
document, path and query parameters, the refusals that a test asked for, faults, a method that the
double has, a body of the method's schema. Only then a handler sees it. Any token will do, unless a
test refuses it, since the double has no accounts. Every request is in the journal, refused or not.
"""

import json
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl

from localcloud.compute_api import discovery, errors, schema
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.discovery import Method
from localcloud.compute_api.errors import ApiError, Json
from localcloud.compute_api.journal import Request
from localcloud.compute_api.resources import HANDLERS

PREFIX = "/compute/v1/"


@dataclass(frozen=True)
class Wire:
    """A request as it came over the wire; path and query as in its URL, without host."""

    http_method: str
    path: str
    query: str
    authorization: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An answer; `lost` means that the request was carried out and the client gets no answer."""

    status: int
    body: Json
    lost: bool = False


class Service:
    """The API of one cloud, by the discovery document and the handlers."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._discovery = discovery.load()

    def answer(self, wire: Wire) -> Answer:
        """Answer a request and add it to the journal; refusals are answers too."""
        began = time.monotonic()  # the cloud's clock may stand still in a test
        now = self._cloud.clock.now()
        method = "unknown"
        try:
            self._authenticate(wire.authorization)
            path = wire.path.removeprefix(PREFIX)
            found, params = self._discovery.match(wire.http_method, path)
            method = found.id
            answer = self._carry_out(found, path, params, wire)
        except ApiError as error:
            answer = Answer(error.code, error.body())
        self._cloud.journal.add(
            Request(now, method, wire.path, answer.status, time.monotonic() - began)
        )
        return answer

    def _authenticate(self, authorization: str) -> None:
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            raise errors.unauthenticated()
        status = self._cloud.refused_tokens.get(token)
        if status == 401:  # noqa: PLR2004 - the two refusals differ in nothing but this
            raise errors.unauthenticated()
        if status is not None:
            raise errors.ApiError(status, "forbidden", "The caller does not have permission")

    def _carry_out(self, method: Method, path: str, params: dict[str, str], wire: Wire) -> Answer:
        cloud = self._cloud
        self._discovery.check_path(method, params)
        # A parameter without a value still has a name that may be unknown.
        query = dict(parse_qsl(wire.query, keep_blank_values=True))
        self._discovery.check_query(method, query)
        self._admit(method, params)
        with cloud.lock:
            fault = cloud.faults.take(method.id, path)
        if fault and fault.kind == "error":
            raise fault.api_error()  # before the handler, so that a retry finds nothing changed
        if fault and fault.kind == "slow":
            time.sleep(fault.delay_s)  # without the lock: other clients are served meanwhile
        handler = HANDLERS.get(method.id)
        if handler is None:
            raise errors.lacking(f"The method {method.id}")
        call = Call(method.id, path, params, query, self._read(method, wire.body))
        if fault and fault.kind == "operation_error":
            call.operation_error = fault.operation_error()
        with cloud.lock:
            cloud.operations.advance()
            # A retry with the same requestId must not reach the handler a second time.
            body = cloud.repeated(call)
            if body is None:
                body = handler(cloud, call)
                cloud.remember(call, body)
        return Answer(200, body, lost=fault is not None and fault.kind == "lost")

    def _admit(self, method: Method, params: dict[str, str]) -> None:
        cloud = self._cloud
        project = params["project"]
        status = cloud.refused_projects.get(project)
        if status == 404:  # noqa: PLR2004 - the two refusals differ in nothing but this
            raise errors.not_found(f"projects/{project}")
        if status is not None or method.id in cloud.denied_methods:
            raise errors.forbidden(method.id, f"projects/{project}")
        if cloud.clock.now() < cloud.rate_limited_until:
            raise errors.rate_limit_exceeded()

    def _read(self, method: Method, raw: bytes) -> Json:
        if method.request is None:
            if raw.strip() not in {b"", b"{}", b"null"}:
                raise errors.bad_payload("", "Invalid JSON payload received. Unexpected body.")
            return {}
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            raise errors.bad_payload(
                "", "Invalid JSON payload received. Unexpected token."
            ) from None
        return schema.check(self._discovery.schemas, method.request, body)
