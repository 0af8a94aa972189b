"""Ssh server: a real server on loopback that runs commands with this machine's shell."""

import asyncio
import os
import signal
import threading
from typing import Any

import asyncssh

HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")
USER_KEY = asyncssh.generate_private_key("ssh-ed25519")
PASSWORD = "correct horse"


class SshServer:
    """A server on 127.0.0.1 that can be stopped and started again on the same port."""

    def __init__(self, *, accepts: tuple[str, ...] = ()):
        self._accepts = accepts
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start to listen, on the same port as before."""
        self._acceptor = self._do(self._listen())
        self.port = self._acceptor.get_port()

    def stop(self) -> None:
        """Stop listening, so that connections are refused."""
        self._acceptor.close()
        self._do(self._acceptor.wait_closed())

    def close(self) -> None:
        """Stop for good and end all commands."""
        self.stop()
        self._do(_end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def connection(self, **more: Any) -> dict[str, Any]:
        """Return a connection input that the server admits, with changes."""
        inputs = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": "cloud",
            "privateKey": private(USER_KEY),
            "hostKey": public_text(HOST_KEY),
            "dialErrorLimit": 0,
            "perDialTimeout": 5,
            **more,
        }
        return {name: value for name, value in inputs.items() if value is not None}

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=_Server,
            server_host_keys=[HOST_KEY],
            process_factory=self._run,
            encoding=None,
        )

    async def _run(self, process: Any) -> None:
        accepted = {name: value for name, value in process.env.items() if name in self._accepts}
        child = await asyncio.create_subprocess_shell(
            process.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": os.environ["PATH"], **accepted},
            start_new_session=True,
        )
        child.stdin.write(await process.stdin.read())
        child.stdin.close()
        try:
            await asyncio.gather(
                _pump(child.stdout, process.stdout), _pump(child.stderr, process.stderr)
            )
            process.exit(await child.wait())
        finally:  # also when the client has disconnected
            if child.returncode is None:
                # Kill the shell's child processes, too: they keep the pipes open.
                os.killpg(child.pid, signal.SIGKILL)
                await child.wait()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class _Server(asyncssh.SSHServer):
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        del username
        keys = asyncssh.import_authorized_keys(public_text(USER_KEY))
        self._connection.set_authorized_keys(keys)
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return username == "cloud" and password == PASSWORD


async def _end_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(source: Any, sink: Any) -> None:
    while data := await source.read(4096):
        sink.write(data)


def private(key: asyncssh.SSHKey, passphrase: str | None = None) -> str:
    """Return a private key as text."""
    # The minimum without a warning: more rounds take seconds.
    return key.export_private_key(passphrase=passphrase, rounds=50).decode()


def public_text(key: asyncssh.SSHKey) -> str:
    """Return a public key as text."""
    return key.export_public_key().decode().strip()
