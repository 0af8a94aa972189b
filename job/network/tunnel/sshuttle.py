"""Sshuttle: the program, one run of it, and the end of all that it started."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from host import inherited
from host.errors import JobError
from job.network.tunnel.namespace import Namespace
from job.nodes.ssh import Access

# The first without --ttl, which dropped what containers sent.
_OLDEST = (1, 1)
_LISTEN = "0.0.0.0"  # noqa: S104 - packets of containers arrive on bridges; the guard is before it
# How long sshuttle may take to end and to take its rules away.
_GRACE_S = 8
# argparse's own.
_USAGE_ERROR = 2
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


@dataclass
class Run:
    """One sshuttle, from its start to the end of the last process that it started."""

    process: subprocess.Popen[bytes]
    log: Path
    log_start: int
    family: dict[int, int] = field(default_factory=dict)
    """File descriptors that stay with a process when its id is used again, by id."""

    @classmethod
    def start(cls, namespace: Namespace, command: Sequence[str], log: Path) -> "Run":
        """Start it; what it prints is appended to the log."""
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as file:
            start = file.tell()
            process = subprocess.Popen(
                namespace.inside(*command),
                env=namespace.environment,
                # A session of its own: its ssh is found by the group, and ^C is for the job alone.
                start_new_session=True,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                stdout=file,
            )
        return cls(process, log, start)

    def ended(self) -> int | None:
        """The exit code if it has ended. It is not reaped, so that its id stays its own."""
        info = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if info is None:
            return None
        return info.si_status if info.si_code == os.CLD_EXITED else -info.si_status

    def printed(self) -> str:
        """What it has printed."""
        with self.log.open("rb") as file:
            file.seek(self.log_start)
            return file.read().decode(errors="replace")

    def complaint(self) -> str:
        """The last lines that it printed, in one."""
        lines = [line.strip() for line in self.printed().splitlines() if line.strip()]
        return "; ".join(lines[-_SHOWN_LINES:]) or "it printed nothing"

    def usage_error(self) -> bool:
        """Tell whether it refused its options: trying again cannot help."""
        return self.ended() == _USAGE_ERROR

    def note_family(self) -> None:
        """Remember all processes that it has started by now."""
        for pid in _descendants(self.process.pid):
            if pid not in self.family:
                with suppress(ProcessLookupError):
                    self.family[pid] = os.pidfd_open(pid)

    def end(self) -> list[int]:
        """End it and all that it started; ids of what even SIGKILL did not end."""
        self.note_family()
        # Itself and ssh. Its helper, which is in a session of its own, then takes the rules away.
        _signal_group(self.process.pid, signal.SIGTERM)
        handles = self.family.values()
        deadline = time.monotonic() + _GRACE_S
        while (self.ended() is None or _running(handles)) and time.monotonic() < deadline:
            time.sleep(0.05)
        _signal_group(self.process.pid, signal.SIGKILL)
        for handle in _running(handles):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + 1
        while (
            (running := _running(handles)) or _is_there(self.process.pid)
        ) and time.monotonic() < deadline:
            time.sleep(0.05)
        left = [pid for pid, handle in self.family.items() if handle in running]
        for handle in handles:
            os.close(handle)
        self.family.clear()
        return left


def end_group(group: int) -> None:
    """End the sshuttle of a tunnel whose supervisor was killed, by its process group."""
    _signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_S
    while _is_there(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _running(handles: Iterable[int]) -> set[int]:
    poll = select.poll()
    handles = set(handles)
    for handle in handles:
        poll.register(handle, select.POLLIN)
    return handles - {handle for handle, _ in poll.poll(0)}


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, children.read_text(encoding="ascii").split()):
                found += [child, *_descendants(child)]
    return found
