"""Server: the Boskos double over HTTP, with a log of requests and the faults that a test queues.

Faults concern the transport, which the ranch does not know: refusals, delays, and answers that come
too slowly or never. A client has to survive all of them without a second lease.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug import Request, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from localcloud.boskos import actions
from localcloud.boskos.ranch import Ranch

_ADDRESS = "127.0.0.1"
# Bytes of a dripping answer: more than any client waits for, but an end to the thread.
_DRIPS = 10_000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request, its status, and whether the client received the answer."""

    action: str
    parameters: dict[str, str]
    status: int
    answered: bool


@dataclass(kw_only=True)
class Fault:
    """A fault of the next `times` requests of an action ("*": of any action).

    The kind "error" refuses with a status. "slow" waits delay_s seconds before the request is
    carried out. "drip" carries it out and answers one byte every delay_s seconds, without end.
    "lost" carries it out and closes the connection without an answer.
    """

    action: str
    kind: Literal["error", "slow", "drip", "lost"]
    status: int = 500
    delay_s: float = 0.0
    times: int = 1


class _Handler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Print nothing: `asked` has the requests."""


class BoskosServer:
    """A Boskos on this machine; a context manager that starts and stops it.

    A stopped server refuses connections. It can be started again on the same port with the same
    ranch, as a test of a restart needs.
    """

    def __init__(self, ranch: Ranch, *, port: int = 0) -> None:
        self.ranch = ranch
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def host(self) -> str:
        """Return the value for BOSKOS_HOST; the port is 0 until start() if none was given."""
        return f"{_ADDRESS}:{self._port}"

    def start(self) -> Self:
        """Listen on a thread of its own, and keep the port for later starts."""
        self._server = make_server(
            _ADDRESS, self._port, self._application, threaded=True, request_handler=_Handler
        )
        self._port = self._server.port
        # The poll interval in seconds. The default of 0.5 would delay each stop(), thus each test.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening; leases and queues stay in the ranch."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
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

    def count(self, action: str, status: int = 200) -> int:
        """Count the requests of an action that ended with this status."""
        return sum((entry.action, entry.status) == (action, status) for entry in self.asked)

    def _application(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        request = Request(environ)
        action = request.path.strip("/")
        fault = self._take_fault(action)
        if fault and fault.kind == "slow":
            time.sleep(fault.delay_s)
        if fault and fault.kind == "error":
            status, text = fault.status, "a fault that was asked for"
        else:
            status, text = actions.answer(
                self.ranch, request.path, request.method, request.args, request.get_data()
            )
        lost = fault is not None and fault.kind in {"lost", "drip"}
        # Before the answer is sent: a test looks as soon as its client has it.
        self.asked.append(
            Asked(
                action=action,
                parameters=request.args.to_dict(),
                status=status,
                answered=not lost,
            )
        )
        if lost:
            connection: socket.socket = environ["werkzeug.socket"]
            if fault and fault.kind == "drip":
                _drip(connection, fault.delay_s)
            with contextlib.suppress(OSError):  # the client closed the connection first
                connection.shutdown(socket.SHUT_RDWR)
            # werkzeug takes this for a client that went away, and sends nothing.
            raise ConnectionAbortedError
        # Only a fault answers 3xx. Its target is an unknown path, which is answered with 200: a
        # client that follows redirects would take its request for a success.
        headers = {"Location": "/"} if status // 100 == 3 else {}  # noqa: PLR2004 - "3xx"
        response = Response(text, status, headers, content_type="text/plain")
        return response(environ, start_response)

    def _take_fault(self, action: str) -> Fault | None:
        for fault in self.faults:
            if fault.action in {"*", action}:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None


def _drip(connection: socket.socket, delay_s: float) -> None:
    """Send a byte every delay_s seconds: each one is in time, the whole answer never is."""
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        for _ in range(_DRIPS):
            connection.sendall(b"x")
            time.sleep(delay_s)
