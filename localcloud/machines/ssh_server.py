"""Ssh server: one node's, on its external address."""

from collections.abc import Awaitable, Callable
from typing import Self

import asyncssh

from localcloud.machines.ssh_access import SshAccess

Handler = Callable[["asyncssh.SSHServerProcess[str]"], Awaitable[None]]


class NodeSshServer:
    """Listens until it is closed; the connections end with it, as when a machine is gone."""

    def __init__(self, access: SshAccess) -> None:
        self._access = access
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def listen(self, host: str, port: int, handler: Handler) -> Self:
        """Start. Raises OSError, and asyncssh.KeyImportError for a host key that is none."""
        self._acceptor = await asyncssh.listen(
            host,
            port,
            server_factory=lambda: _Server(self._access, self._connections),
            server_host_keys=[asyncssh.import_private_key(self._access.host_key)],
            process_factory=handler,
            reuse_address=True,
        )
        return self

    async def close(self) -> None:
        """Stop listening, and drop who is connected."""
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
        for connection in list(self._connections):
            connection.abort()


class _Server(asyncssh.SSHServer):
    """Lets in whom the user data names, by key alone."""

    def __init__(self, access: SshAccess, connections: set[asyncssh.SSHServerConnection]) -> None:
        self._access = access
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Keep the connection, to which a user's keys are given."""
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        del exc
        self._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        """Tell asyncssh the user's keys; without any, nothing opens."""
        keys = self._access.authorized_keys.get(username, "")
        self._connection.set_authorized_keys(asyncssh.import_authorized_keys(keys))
        return True
