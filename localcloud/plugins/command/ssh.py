"""Ssh: dial a host with a `connection` input; errors have the real plugin's words.

The input and SSH_AUTH_SOCK alone count. As in the real plugin, no file of the user's ssh is read,
and without `hostKey` every host key is accepted. A key that cannot be read is refused before the
first dial, since no retry would cure it.
"""

import os
from dataclasses import dataclass
from typing import Any

import asyncssh

from localcloud.plugins.provider import ProviderError


class DialError(Exception):
    """A failed attempt to connect, which may be repeated."""


@dataclass(frozen=True, repr=False)
class Connection:
    """A `connection` input after Check, which has filled in the defaults."""

    host: str
    port: int
    user: str
    dial_error_limit: int
    """-1: no limit."""
    per_dial_timeout_s: int
    """0: no limit."""
    password: str | None
    host_key: str | None
    client_keys: tuple[asyncssh.SSHKey, ...]
    agent_path: str | None

    @classmethod
    def of(cls, inputs: dict[str, Any]) -> "Connection":
        """Return the connection of an input. Raises ProviderError for a key that is unreadable."""
        return cls(
            host=inputs["host"],
            port=int(inputs["port"]),
            user=inputs["user"],
            dial_error_limit=inputs["dialErrorLimit"],
            per_dial_timeout_s=inputs["perDialTimeout"],
            password=inputs.get("password"),
            host_key=_host_key(inputs.get("hostKey")),
            client_keys=_client_keys(inputs.get("privateKey"), inputs.get("privateKeyPassword")),
            agent_path=inputs.get("agentSocketPath") or os.environ.get("SSH_AUTH_SOCK"),
        )

    def options(self) -> dict[str, Any]:
        """Return asyncssh's options, which keep it from reading files of the user."""
        options: dict[str, Any] = {
            "port": self.port,
            "username": self.user,
            "config": None,
            # asyncssh takes a tuple for a key and its certificate.
            "client_keys": list(self.client_keys) or None,
            "password": self.password,
            "agent_path": self.agent_path,
            # None accepts every host key. As `config`, None means that no ssh_config is read.
            "known_hosts": None,
            "login_timeout": self.per_dial_timeout_s,
            "connect_timeout": self.per_dial_timeout_s or None,
        }
        if self.host_key:
            key = asyncssh.import_public_key(self.host_key)
            options["known_hosts"] = ([key], [], [])
            options["server_host_key_algs"] = _algorithms(key)
        return options


async def dial(wanted: Connection) -> asyncssh.SSHClientConnection:
    """Connect and authenticate once. Raises DialError."""
    try:
        return await asyncssh.connect(wanted.host, **wanted.options())
    except asyncssh.HostKeyNotVerifiable as error:
        raise DialError("ssh: handshake failed: ssh: host key mismatch") from error
    except asyncssh.PermissionDenied as error:
        raise DialError(_refused(wanted)) from error
    except asyncssh.ConnectionLost as error:
        raise DialError("ssh: handshake failed: EOF") from error
    except asyncssh.Error as error:
        raise DialError(f"ssh: handshake failed: {error.reason}") from error
    except TimeoutError as error:
        raise DialError(f"{_dialled(wanted)}: i/o timeout") from error
    except OSError as error:
        raise DialError(f"{_dialled(wanted)}: {_dial_reason(error)}") from error


def _host_key(text: str | None) -> str | None:
    if text is not None:
        try:
            asyncssh.import_public_key(text)
        except asyncssh.KeyImportError as error:
            raise ProviderError("failed to parse host key: ssh: no key found") from error
    return text


def _client_keys(text: str | None, passphrase: str | None) -> tuple[asyncssh.SSHKey, ...]:
    if text is None:
        return ()
    try:
        return (asyncssh.import_private_key(text, passphrase),)
    except asyncssh.KeyEncryptionError as error:
        raise ProviderError("x509: decryption password incorrect") from error
    except asyncssh.KeyImportError as error:
        if "assphrase" in str(error):
            raise ProviderError("ssh: this private key is passphrase protected") from error
        raise ProviderError("ssh: no key found") from error


def _algorithms(key: asyncssh.SSHKey) -> list[str]:
    """Return the algorithms of a key's kind, so that a server with several keys offers this one."""
    kind = key.get_algorithm()
    return ["rsa-sha2-256", "rsa-sha2-512", "ssh-rsa"] if kind == "ssh-rsa" else [kind]


def _refused(wanted: Connection) -> str:
    methods = "none"
    if wanted.client_keys or wanted.agent_path:
        methods += " publickey"
    if wanted.password:
        methods += " password"
    return (
        f"ssh: handshake failed: ssh: unable to authenticate, attempted methods [{methods}],"
        " no supported methods remain"
    )


def _dialled(wanted: Connection) -> str:
    host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
    return f"dial tcp {host}:{wanted.port}"


def _dial_reason(error: OSError) -> str:
    # asyncio replaces the text of the errno by its own. Go prints that of the errno.
    text = os.strerror(error.errno).lower() if error.errno and error.errno > 0 else str(error)
    return text if "not known" in text or error.errno is None else f"connect: {text}"
