"""SSH: how the controller is reached, and whether it can run sshuttle's other end."""

import re
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Event
from typing import Any

from job.errors import JobError
from job.tunnel.namespace import Answer, Namespace

# CentOS Stream 9 has it, and sshuttle is tried with no older one on the other side.
_OLDEST_PYTHON = (3, 9)
_PAUSE_S = 5
_TRY_S = 30
_WRONG_KEY = "Host key verification failed"


@dataclass(frozen=True, kw_only=True)
class Access:
    """An account on the controller, and the files that open it."""

    user: str
    host: str
    key: Path
    known_hosts: Path

    @classmethod
    def write(cls, outputs: Mapping[str, Any], folder: Path) -> "Access":
        """Write key and host keys into the stack's folder, for their owner only."""
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
        """The ssh command without its destination; nothing of the person's own takes part."""
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
        flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["ssh", "-F", "none", *flags]

    @property
    def one_word(self) -> str:
        """The command as sshuttle wants it."""
        return shlex.join(self.command())

    @property
    def destination(self) -> str:
        """Account and address."""
        return f"{self.user}@{self.host}"


def wait_for_python(access: Access, namespace: Namespace, deadline: float, stop: Event) -> None:
    """Wait until the controller runs Python for us. Raises JobError: too late, too old, not it."""
    said = ""
    while not stop.is_set():
        answer = namespace.run(
            *access.command(),
            access.destination,
            "python3 -V 2>&1 || python -V 2>&1",
            timeout_s=_TRY_S,
            stop=stop,
        )
        if refusal := wrong_key(answer.errors, access):
            raise refusal
        if found := re.search(r"Python (\d+)\.(\d+)", answer.output):
            _require_new(found, access)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise JobError(f"tunnel: {access.host}: no Python over ssh in time: {_reason(answer)}")
        if said != (said := _reason(answer)):
            print(f"tunnel: waiting for Python on {access.host}: {said}", flush=True)
        stop.wait(min(_PAUSE_S, left))


def wrong_key(text: str, access: Access) -> JobError | None:
    """The error if ssh met a host that is not ours."""
    if _WRONG_KEY not in text:
        return None
    return JobError(
        f"tunnel: {access.host} does not have the host key that the stack gave it: another machine"
        f" answers at this address, or the stack is older than {access.known_hosts}"
    )


def _require_new(found: re.Match[str], access: Access) -> None:
    version = (int(found[1]), int(found[2]))
    if version < _OLDEST_PYTHON:
        oldest = ".".join(map(str, _OLDEST_PYTHON))
        raise JobError(
            f"tunnel: {access.host} has {found[0]}, too old for sshuttle, which needs {oldest};"
            " install python3 on the node"
        )


def _reason(answer: Answer) -> str:
    return f"{answer.complaint} (exit {answer.code})"


def _quoted(path: Path) -> str:
    """A path in ssh's configuration language: spaces divide, % begins a token."""
    return '"' + str(path).replace("%", "%%") + '"'


def _replace(path: Path, text: str) -> None:
    """Replace a file as a whole, readable for its owner only."""
    with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        # ssh refuses a key whose last line has no end.
        file.write(text if text.endswith("\n") else f"{text}\n")
    Path(file.name).replace(path)
