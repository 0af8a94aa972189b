"""Sshuttle: the program, one run of it, and the end of all that it started."""

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

# The first without --ttl, which dropped what containers sent.
_OLDEST = (1, 1)
_LISTEN = "0.0.0.0"  # noqa: S104 - packets of containers arrive on bridges; the guard is before it
USAGE_ERROR = 2  # argparse's own
_REAP = Grace(first=signal.SIGKILL, soft_s=1, hard_s=1)
_SHOWN_LINES = 4


def find_program(namespace: Namespace) -> tuple[str, str]:
    """Path and version of sshuttle: of PATH, or beside this Python. Raises JobError."""
    own = Path(sys.prefix, "bin/sshuttle")
    found = shutil.which("sshuttle", path=namespace.environment.get("PATH")) or shutil.which(own)
    if found is None:
        raise JobError("sshuttle: it is not installed; run 'make venv', or install it with pip")
    answer = namespace.run(found, "--version")
    version = re.search(r"(\d+)\.(\d+)\S*", answer.output)
    if answer.code or version is None:
        raise JobError(
            f"sshuttle: '{found} --version' fails: {answer.complaint} (exit {answer.code})"
        )
    if (int(version[1]), int(version[2])) < _OLDEST:
        raise JobError(
            f"sshuttle: {found} is {version[0]}, too old; run 'make venv' for the pinned"
        )
    return found, version[0]


def arguments(access: Access, cidrs: Sequence[str], method: str, port: int) -> list[str]:
    """What sshuttle is called with; only options that its releases since 1.1 have."""
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
        # A tunnel that routes its own ssh connection into itself is dead at once.
        "--exclude",
        f"{access.host}/32",
        *cidrs,
    ]


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Without what would add options or keys of the person's; with where iptables is."""
    kept = inherited.ours(environ)
    return {**kept, "PATH": f"{kept.get('PATH', os.defpath)}:/usr/sbin:/sbin"}


class Run:
    """One sshuttle, from its start to the end of the last process that it started."""

    def __init__(self, namespace: Namespace, command: Sequence[str], log: Path) -> None:
        self.code: int | None = None
        """The exit code, once `end` has been called."""
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
        """All output so far; whole after `end`."""
        return "".join(self._lines)

    @property
    def complaint(self) -> str:
        """The last lines that it printed, in one."""
        lines = [line.strip() for line in self._lines if line.strip()]
        return "; ".join(lines[-_SHOWN_LINES:]) or "it printed nothing"

    def end(self) -> list[int]:
        """End it and all that it started; ids of what even SIGKILL did not end.

        May be called again, and after it has ended by itself.
        """
        if self.code is None:
            # It is reaped afterwards, so that until then its id stays that of its group.
            self._left = self.family.end()
            self.code = self.child.end(_REAP)
        return self._left

    def _keep(self, line: str) -> None:
        self._lines.append(line)
        with self._log.open("a", encoding="utf-8") as file:
            file.write(line)
