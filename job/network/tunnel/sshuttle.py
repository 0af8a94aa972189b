"""Sshuttle: find the program, run it once, and end all its processes."""

import os
import re
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from host import inherited
from host.errors import JobError
from host.processes import Child, Grace, Program
from job.network.tunnel.family import Family
from job.network.tunnel.namespace import Namespace
from job.nodes.ssh import Access

# The first version without --ttl, which dropped packets of containers.
_OLDEST = (1, 1)
_LISTEN = "0.0.0.0"  # noqa: S104 - packets of containers arrive on bridges; the guard is before it
USAGE_ERROR = 2  # argparse's exit status
_REAP = Grace(first=signal.SIGKILL, soft_s=1, hard_s=1)
_SHOWN_LINES = 4


def find_program(namespace: Namespace) -> tuple[str, str]:
    """Return path and version of sshuttle, on PATH or beside this Python. Raises JobError."""
    own = Path(sys.prefix, "bin/sshuttle")
    found = shutil.which("sshuttle", path=namespace.environment.get("PATH")) or shutil.which(own)
    if found is None:
        raise JobError("sshuttle: it is not installed; run 'make venv', or install it with pip")
    answer = namespace.run(found, "--version")
    version = re.search(r"(\d+)\.(\d+)\S*", answer.output)
    if answer.code or version is None:
        raise JobError(f"sshuttle: '{found} --version' fails: {answer.reason}")
    if (int(version[1]), int(version[2])) < _OLDEST:
        raise JobError(
            f"sshuttle: {found} is {version[0]}, too old; run 'make venv' for the pinned"
        )
    return found, version[0]


def arguments(access: Access, cidrs: Sequence[str], method: str, port: int) -> list[str]:
    """Return sshuttle's arguments. They exist in all releases since 1.1."""
    return [
        "--remote",
        access.destination,
        "--ssh-cmd",
        access.one_word,
        "--python",
        "python3",
        "--method",
        method,
        "--listen",
        f"{_LISTEN}:{port}",
        "--disable-ipv6",
        # A tunnel must not route its own ssh connection into itself.
        "--exclude",
        f"{access.host}/32",
        *cidrs,
    ]


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the user's options and keys, with iptables on PATH."""
    kept = inherited.ours(environ)
    return {**kept, "PATH": f"{kept.get('PATH', os.defpath)}:/usr/sbin:/sbin"}


class Run:
    """A running sshuttle with all its processes."""

    def __init__(self, namespace: Namespace, command: Sequence[str], log: Path) -> None:
        self.code: int | None = None
        """The exit status, after `end`."""
        self._left: list[int] = []
        self._lines: list[str] = []
        self._log = log
        log.touch(0o600)
        self.child = Child(
            Program(command=namespace.inside(*command), environment=namespace.environment),
            self._keep,
        )
        self.family = Family(self.child.pid)

    @property
    def printed(self) -> str:
        """Return all output so far; it is complete after `end`."""
        return "".join(self._lines)

    @property
    def complaint(self) -> str:
        """Return its last lines as one."""
        lines = [line.strip() for line in self._lines if line.strip()]
        return "; ".join(lines[-_SHOWN_LINES:]) or "it printed nothing"

    def end(self) -> list[int]:
        """End all its processes. Return the IDs of those that survive SIGKILL. Idempotent."""
        if self.code is None:
            # Reap it last, so that its ID still belongs to its group.
            self._left = self.family.end()
            self.code = self.child.end(_REAP)
        return self._left

    def _keep(self, line: str) -> None:
        self._lines.append(line)
        with self._log.open("a", encoding="utf-8") as file:
            file.write(line)
