"""Ssh server: one node's."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self

import asyncssh

from localcloud.machines.ssh_access import SshAccess

Handler = Callable[["asyncssh.SSHServerProcess[str]"], Awaitable[None]]
Address = tuple[str, int]
Route = Callable[[str, int], Address | None]
"""From an address of the nodes' network to where it is on this machine."""


class NodeSshServer:
    """Listens until it is closed; the connections end with it, as when a machine is gone."""

    def __init__(self, access: SshAccess, route: Route = lambda *_: None) -> None:
        self._access = access
        self._route = route
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._mute: asyncio.Server | None = None
        self._held: set[asyncio.BaseTransport] = set()
        self.address: Address = ("", 0)

    async def listen(self, host: str, port: int, handler: Handler) -> Self:
        """Start. Raises OSError, and asyncssh.KeyImportError for a host key that is none."""
        self._acceptor = await asyncssh.listen(
            host,
            port,
            server_factory=lambda: _Server(self._access, self._route, self._connections),
            server_host_keys=[asyncssh.import_private_key(self._access.host_key)],
            process_factory=handler,
            reuse_address=True,
        )
        self.address = (host, self._acceptor.get_port())
        return self

    async def fall_silent(self) -> None:
        """From now on accept connections and say nothing, as a machine does that hangs."""
        if self._acceptor is None:
            return  # it is closed already
        await self._stop()
        host, port = self.address
        loop = asyncio.get_running_loop()
        self._mute = await loop.create_server(
            lambda: _Mute(self._held), host, port, reuse_address=True
        )

    async def close(self) -> None:
        """Stop listening, and drop who is connected."""
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
    """Lets in whom the user data names, by key alone."""

    def __init__(
        self, access: SshAccess, route: Route, connections: set[asyncssh.SSHServerConnection]
    ) -> None:
        self._access = access
        self._route = route
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

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Any:
        """Lead to the other node, and nowhere else."""
        del orig_host, orig_port
        address = self._route(dest_host, dest_port)
        return address is not None and self._connection.forward_connection(*address)


class _Mute(asyncio.Protocol):
    """A connection on which nothing is ever said."""

    def __init__(self, held: set[asyncio.BaseTransport]) -> None:
        self._held = held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold it."""
        self._transport = transport
        self._held.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side has had enough."""
        del exc
        self._held.discard(self._transport)
