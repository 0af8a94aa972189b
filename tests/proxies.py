"""Proxies: a small HTTP proxy on loopback that forwards every request to one server."""

import socket
import threading
from contextlib import suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

_TIMEOUT_S = 60


class Proxy:
    """Forward every request to a local port and record it; `refuses` is an error status."""

    def __init__(self, port: int, *, refuses: int = 0) -> None:
        self.asked: list[str] = []
        """All requests, as `GET http://host/path` or `CONNECT host:443`."""
        self.authorizations: list[str | None] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, port, refuses))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def address(self) -> str:
        """The proxy's host and port."""
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(proxy: Proxy, port: int, refuses: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            if self._is_refused():
                return
            self.send_response(200)
            self.end_headers()
            with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S) as server:
                there = threading.Thread(target=_pump, args=(self.connection, server))
                there.start()
                _pump(server, self.connection)
                there.join()

        def _pass_on(self) -> None:
            if self._is_refused():
                return
            parts = urlsplit(self.path)
            connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if "roxy" not in name}
            connection.request(self.command, f"{parts.path}?{parts.query}", body, headers)
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def _is_refused(self) -> bool:
            proxy.asked.append(f"{self.command} {self.path}")
            proxy.authorizations.append(self.headers.get("Proxy-Authorization"))
            if refuses:
                self.send_error(refuses)
            return bool(refuses)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
