"""Ssh server: the server of one simulated node.

Accepts the users of the user data by key alone, and forwards connections to other nodes' ssh. It
refuses passwords, other users and every other target, as a node of ours does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self

import asyncssh

from localcloud.machines.ssh_access import SshAccess

Handler = Callable[["asyncssh.SSHServerProcess[bytes]"], Awaitable[None]]
Address = tuple[str, int]
Route = Callable[[str, int], Address | None]
"""Maps an address in the nodes' network to the one on this machine; None: refuse it."""


class NodeSshServer:
    """A server that listens until `close`. Its connections end with it, as with the machine."""

    def __init__(self, access: SshAccess, route: Route = lambda *_: None) -> None:
        self._access = access
        self._route = route
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._mute: asyncio.Server | None = None
        self._held: set[asyncio.BaseTransport] = set()
        self.address: Address = ("", 0)

    async def listen(self, host: str, port: int, handler: Handler) -> Self:
        """Start and return the server. Port 0 is any; `address` has the real one.

        `handler` runs each session. Raises OSError if the address is not free, and
        asyncssh.KeyImportError for an unusable host key.
        """
        self._acceptor = await asyncssh.listen(
            host,
            port,
            server_factory=lambda: _Server(self._access, self._route, self._connections),
            server_host_keys=[asyncssh.import_private_key(self._access.host_key)],
            process_factory=handler,
            # A client may send an archive before `handler` runs, so no session decodes its input.
            encoding=None,
            reuse_address=True,
        )
        self.address = (host, self._acceptor.get_port())
        return self

    async def fall_silent(self) -> None:
        """Drop all connections. Accept new ones without a word, as a machine that hangs does."""
        if self._acceptor is None:
            return  # it is closed already
        await self._stop()
        host, port = self.address
        loop = asyncio.get_running_loop()
        # On the same address: to a client the machine is still there.
        self._mute = await loop.create_server(
            lambda: _Mute(self._held), host, port, reuse_address=True
        )

    async def close(self) -> None:
        """Stop listening and drop all connections."""
        await self._stop()
        if self._mute is not None:
            self._mute.close()
        for transport in list(self._held):
            transport.close()

    async def _stop(self) -> None:
        if self._acceptor is not None:
            acceptor, self._acceptor = self._acceptor, None
            acceptor.close()
            for connection in list(self._connections):
                connection.abort()
            await acceptor.wait_closed()


class _Server(asyncssh.SSHServer):
    """One connection. It lets in the users of the user data, by key alone."""

    def __init__(
        self, access: SshAccess, route: Route, connections: set[asyncssh.SSHServerConnection]
    ) -> None:
        self._access = access
        self._route = route
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Keep the connection, so that a user's keys can be given to it later."""
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        """Give asyncssh the user's keys. A user without any cannot log in."""
        keys = self._access.authorized_keys.get(username, "")
        self._connection.set_authorized_keys(asyncssh.import_authorized_keys(keys))
        return True

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Any:
        """Forward a connection to another node's ssh. Refuse every other target."""
        del orig_host, orig_port
        address = self._route(dest_host, dest_port)
        return address is not None and self._connection.forward_connection(*address)


class _Mute(asyncio.Protocol):
    """A connection that is accepted and never answered."""

    def __init__(self, held: set[asyncio.BaseTransport]) -> None:
        self._held = held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._held.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._held.discard(self._transport)
