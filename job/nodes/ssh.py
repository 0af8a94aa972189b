"""SSH: accounts, keys and options with which the nodes are reached."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Literal

from host.errors import JobError

Role = Literal["controller", "worker"]

_NEEDED = ("controller_public_ip", "known_hosts", "ssh_private_key", "ssh_user")
_PORT = 22
_WRONG_KEY = "Host key verification failed"


@dataclass(frozen=True, kw_only=True)
class Access:
    """An account on a node, with its key files."""

    user: str
    host: str
    key: Path
    known_hosts: Path
    known_as: str = ""
    """The address in known_hosts; empty: `host`."""
    through: "Access | None" = None
    """The node that serves as jump host."""

    @classmethod
    def write(cls, outputs: Mapping[str, Any], folder: Path) -> "Access":
        """Return access to the controller. Writes key and host keys into the folder, mode 0600."""
        require(outputs, *_NEEDED)
        access = cls(
            user=outputs["ssh_user"],
            host=outputs["controller_public_ip"],
            key=folder / "ssh_key",
            known_hosts=folder / "known_hosts",
        )
        _replace(access.key, outputs["ssh_private_key"])
        _replace(access.known_hosts, outputs["known_hosts"])
        return access

    def command(self) -> list[str]:
        """Return the ssh command without destination. Ignores the user's own configuration."""
        options = {
            "AddressFamily": "inet",
            "BatchMode": "yes",
            "ConnectTimeout": "10",
            "ControlPath": "none",
            "ForwardAgent": "no",
            "GlobalKnownHostsFile": "/dev/null",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "IdentityFile": _quoted(self.key),
            "LogLevel": "ERROR",
            "ServerAliveCountMax": "3",
            "ServerAliveInterval": "10",
            "StrictHostKeyChecking": "yes",
            "UpdateHostKeys": "no",
            "UserKnownHostsFile": _quoted(self.known_hosts),
        }
        if self.known_as:
            options["HostKeyAlias"] = self.known_as
        if self.through:
            way = [*self.through.command(), "-W", f"{self.host}:{_PORT}", self.through.destination]
            # ssh expands % tokens before it hands the command to a shell.
            options["ProxyCommand"] = shlex.join(way).replace("%", "%%")
        flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["ssh", "-F", "none", *flags]

    @property
    def one_word(self) -> str:
        """Return the command as one word, for sshuttle."""
        return shlex.join(self.command())

    @property
    def destination(self) -> str:
        return f"{self.user}@{self.host}"


def nodes(outputs: Mapping[str, Any], folder: Path) -> dict[Role, Access]:
    """Return access to every node: to a worker without external address, by the controller."""
    controller = Access.write(outputs, folder)
    internal = outputs.get("worker_private_ip")
    if not internal:
        return {"controller": controller}
    external = outputs.get("worker_public_ip")
    worker = Access(
        user=controller.user,
        host=external or internal,
        key=controller.key,
        known_hosts=controller.known_hosts,
        known_as=internal,
        through=None if external else controller,
    )
    return {"controller": controller, "worker": worker}


def require(outputs: Mapping[str, Any], *names: str) -> None:
    """Raise JobError if the stack lacks one of these outputs."""
    for name in names:
        if not outputs.get(name):
            raise JobError(f"outputs: the stack has no '{name}'; run 'up' first")


def refuse_wrong_key(text: str, access: Access) -> None:
    """Raise JobError if ssh says that it met another host key than ours."""
    if _WRONG_KEY in text:
        raise JobError(
            f"ssh: {access.host} does not have the host key that the stack gave it: another machine"
            f" answers at this address, or the stack is older than {access.known_hosts}"
        )


def _quoted(path: Path) -> str:
    """Quote a path for ssh's configuration: blanks, % and quotes have a meaning there."""
    text = str(path).replace("\\", r"\\").replace('"', r"\"")
    return f'"{text.replace("%", "%%")}"'


def _replace(path: Path, text: str) -> None:
    """Write a file atomically, with mode 0600."""
    with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        # ssh rejects a key file without a final newline.
        file.write(text if text.endswith("\n") else f"{text}\n")
    Path(file.name).replace(path)
