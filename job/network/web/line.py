"""Line: the connections of one request, which another thread can cut.

The adapter is that of `requests`, which here records each new connection on the line that the
current thread has put into `own.line`. Without a line it behaves like the original.
"""

import contextlib
import socket
import threading
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection


class Line:
    """The connections of one request. A cut line accepts no new ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._over = False

    def follow(self, connection: socket.socket) -> socket.socket:
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


class _Own(threading.local):
    line: Line | None = None


own = _Own()
"""The line of the current thread."""


def _followed(connection: socket.socket) -> socket.socket:
    return own.line.follow(connection) if own.line else connection


class _Http(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _followed(super()._new_conn())


class _Https(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _followed(super()._new_conn())


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class FollowedAdapter(HTTPAdapter):
    """Records its connections on the thread's line, except those to a SOCKS proxy."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Use recorded connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        """Use recorded connections to a proxy."""
        manager = super().proxy_manager_for(*arguments, **options)
        if isinstance(manager, urllib3.ProxyManager):
            manager.pool_classes_by_scheme = _POOLS
        return manager
