"""Server: the double over HTTP, its log of requests, and the faults that a test asks for."""

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
# Of a response that drips: as good as without end.
_DRIPS = 10_000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, and what it came to; whether its sender was told."""

    action: str
    parameters: dict[str, str]
    status: int
    answered: bool


@dataclass(kw_only=True)
class Fault:
    """What the next requests of an action suffer ("*": of any).

    "error": refused with a status. "slow": answered after delay_s. "drip": carried out, and
    answered by one byte every delay_s, without end. "lost": carried out, and the connection closed
    without an answer.
    """

    action: str
    kind: Literal["error", "slow", "drip", "lost"]
    status: int = 500
    delay_s: float = 0.0
    times: int = 1


class _Handler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Stay silent: the server keeps the requests."""


class BoskosServer:
    """A Boskos on this machine; a context manager that starts and stops it.

    One that was stopped refuses connections, and can be started again on the same port.
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
        """Give what BOSKOS_HOST shall be; the port is known once it was started."""
        return f"{_ADDRESS}:{self._port}"

    def start(self) -> Self:
        """Listen, in a thread of its own."""
        self._server = make_server(
            _ADDRESS, self._port, self._application, threaded=True, request_handler=_Handler
        )
        self._port = self._server.port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening; the resources stay as they are."""
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
        """Count the requests that came to this status."""
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
            with contextlib.suppress(OSError):  # the other side was faster
                connection.shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError
        # Only a fault redirects; who follows it arrives where everything is answered with 200.
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
    """Answer so slowly that each byte comes in time, and the whole never."""
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        for _ in range(_DRIPS):
            connection.sendall(b"x")
            time.sleep(delay_s)
