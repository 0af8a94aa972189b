"""Server: the Compute API double over HTTP on a loopback address.

A request is for a control (admin.py), a batch (batch.py) or the API (service.py), by its path. Each
has a thread of its own, so that a client that waits does not keep the others waiting.
"""

import json
import socket
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug import Request, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from localcloud.compute_api import admin, batch
from localcloud.compute_api.clock import Clock, SystemClock
from localcloud.compute_api.cloud import Cloud
from localcloud.compute_api.controls import Controls
from localcloud.compute_api.errors import ApiError
from localcloud.compute_api.options import Options
from localcloud.compute_api.resources import images
from localcloud.compute_api.service import PREFIX, Answer, Service, Wire


class _Handler(WSGIRequestHandler):
    # Clients keep their connections open. Headers and body are sent apart, and Nagle's algorithm
    # would hold the body back until the client's delayed ACK, at each answer.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Print nothing: the journal has the requests."""


class ComputeApi(Controls):
    """A Compute Engine on this machine; a context manager that starts and stops it.

    Public images are there from the start. Without a clock it runs by the machine's own.
    """

    def __init__(self, options: Options | None = None, clock: Clock | None = None) -> None:
        super().__init__(Cloud(options or Options(), clock or SystemClock()))
        images.publish_public(self.cloud)
        self._service = Service(self.cloud)
        self._server: BaseWSGIServer | None = None
        self._stopping = False
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """Return the port on which it listens; RuntimeError before start()."""
        if self._server is None:
            raise RuntimeError("the Compute API was not started")
        return self._server.port

    @property
    def url(self) -> str:
        """Return the base URL for clients, with the API's version and a slash at its end."""
        return f"http://{self.cloud.options.host}:{self.port}{PREFIX}"

    def start(self) -> Self:
        """Listen on threads of its own, and let operations end when they are due."""
        options = self.cloud.options
        self._server = make_server(
            options.host, options.port, self._application, threaded=True, request_handler=_Handler
        )
        self._stopping = False
        self._threads = [
            # The poll interval in seconds. The default of 0.5 would delay each stop().
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._tick, daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Stop listening; the resources last as long as this object."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        with self.cloud.changed:
            self._stopping = True
            self.cloud.changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def tick(self) -> None:
        """End operations that are due and wake waiting requests, after a test moved its clock."""
        with self.cloud.changed:
            self.cloud.operations.advance()
            self.cloud.changed.notify_all()

    def _tick(self) -> None:
        """End operations when they are due even if no client asks, since machines boot then."""
        with self.cloud.changed:
            while not self._stopping:
                due = self.cloud.operations.next_due()
                timeout = None if due is None else max(0.0, due - self.cloud.clock.now())
                self.cloud.changed.wait(timeout)
                self.cloud.operations.advance()

    def _application(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        request = Request(environ)
        if request.path.startswith(admin.PREFIX):
            given = json.loads(request.get_data() or b"{}")
            status, body = admin.answer(self, request.method, request.path, given)
            return _json(status, body)(environ, start_response)
        if request.path == batch.PATH:
            return self._batch(request)(environ, start_response)
        answer = self._service.answer(
            Wire(
                request.method,
                request.path,
                request.query_string.decode(),
                request.headers.get("Authorization", ""),
                request.get_data(),
            )
        )
        if answer.lost:
            _drop(environ)
        return _json(answer.status, answer.body)(environ, start_response)

    def _batch(self, request: Request) -> Response:
        try:
            body = batch.answer(
                request.headers.get("Content-Type", ""),
                request.get_data(),
                request.headers.get("Authorization", ""),
                self._respond,
            )
        except ApiError as error:
            return _json(error.code, error.body())
        return Response(body, 200, content_type=batch.CONTENT_TYPE)

    def _respond(self, wire: Wire) -> tuple[Answer, bytes]:
        answer = self._service.answer(wire)
        return answer, _dump(answer.body)


def _dump(body: Any) -> bytes:
    return json.dumps(body, indent=2).encode()


def _json(status: int, body: Any) -> Response:
    return Response(_dump(body), status, content_type="application/json; charset=UTF-8")


def _drop(environ: WSGIEnvironment) -> None:
    """Close the connection without an answer, as a network that fails after the request."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    # werkzeug takes this for a client that went away, and sends nothing.
    raise ConnectionAbortedError
