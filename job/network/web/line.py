"""Line: the connections of one request, which another thread may cut.

The adapter is `requests`' own, with connections that are noted as they are made. A thread that
names its line in `own.line` can be cut off; to one that does not, the adapter is like any other.
"""

import contextlib
import socket
import threading
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection


class Line:
    """The connections of one request. Once it is cut, there are none, and there will be none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._over = False

    def follow(self, connection: socket.socket) -> socket.socket:
        """Note a connection. Raises ConnectionAbortedError if the line is cut."""
        with self._lock:
            if self._over:
                connection.close()
                raise ConnectionAbortedError("nobody waits for the answer any more")
            # A copy, since TLS takes the descriptor over from the original.
            self._sockets.append(connection.dup())
        return connection

    def cut(self) -> None:
        """End all connections, so that who reads from one of them reads no further."""
        with self._lock:
            self._over = True
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()


class _Own(threading.local):
    line: Line | None = None


own = _Own()
"""Of the current thread."""


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
    """Notes its connections on the thread's line, those to a proxy too, but not to one of SOCKS."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make connections of our own kind."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        """Make connections of our own kind through a proxy."""
        manager = super().proxy_manager_for(*arguments, **options)
        if isinstance(manager, urllib3.ProxyManager):
            manager.pool_classes_by_scheme = _POOLS
        return manager
