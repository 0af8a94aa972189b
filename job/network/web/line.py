"""Line: the connections of one request, which another thread can cut."""

import contextlib
import socket
import threading
from typing import Any


class Line:
    """The connections of one request. A cut line accepts no new ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._over = False

    def follow(self, pool: Any) -> None:
        """Record each new connection of urllib3's pool. To do so twice does no harm."""
        line = self

        class Followed(pool.ConnectionCls):  # type: ignore[misc]  # a class by scheme
            def _new_conn(self) -> socket.socket:
                return line.record(super()._new_conn())

        pool.ConnectionCls = Followed

    def record(self, connection: socket.socket) -> socket.socket:
        """Record a connection. Raises ConnectionAbortedError if the line is cut."""
        with self._lock:
            if self._over:
                connection.close()
                raise ConnectionAbortedError("nobody waits for the answer any more")
            # Keep a duplicate: TLS takes over the original's descriptor.
            self._sockets.append(connection.dup())
        return connection

    def cut(self) -> None:
        """Shut down all connections, which ends pending reads."""
        with self._lock:
            self._over = True
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
