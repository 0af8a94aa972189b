"""Supervisor: keep one sshuttle running until its holder ends it."""

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import NoReturn

from host.ending import Ending
from host.errors import JobError
from job.network.tunnel import interfaces, probe
from job.network.tunnel.namespace import Namespace
from job.network.tunnel.options import Options
from job.network.tunnel.probe import Verdict
from job.network.tunnel.record import Record
from job.network.tunnel.redirection import Method
from job.network.tunnel.sshuttle import USAGE_ERROR, Run, arguments
from job.nodes.ssh import Access, refuse_wrong_key

# Below Linux' range for outgoing connections.
_PORTS = (20000, 30000)
_PROBE_S = 8
_POLL_S = 1
# Failed probes in a row before a restart, since a busy machine may lose one.
_PATIENCE = 2
_LONGEST_PAUSE_S = 30
# Time limit for a tunnel to become ready again after a restart.
_REOPEN_S = 60
# Time for sshuttle's helper to remove its rules after all else has ended.
_CHAINS_S = 5


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The owner of a tunnel: the job, or the command `tunnel`."""

    ending: Ending
    """Ends the tunnel."""
    say: Callable[[str], object]
    """Gets each message, without a newline."""
    ready: Event = field(default_factory=Event)
    """Set at the first answer through the tunnel, never cleared."""


class _BrokenError(JobError):
    """The tunnel is broken. A new sshuttle may work."""


@dataclass(kw_only=True)
class Supervisor:
    """A tunnel: its sshuttle, its guard, and the probes through it."""

    access: Access
    cidrs: Sequence[str]
    program: str
    method: Method
    namespace: Namespace
    target: tuple[str, int]
    container: Namespace | None
    options: Options
    record: Record
    folder: Path
    holder: Holder
    _interfaces: list[str] = field(default_factory=list)
    _run: Run | None = None
    _service_is_down: bool = False

    def supervise(self, deadline: float) -> NoReturn:
        """Keep the tunnel up until its holder ends it, then remove everything.

        Raises the holder's reason, or JobError if the tunnel cannot be kept up or removed.
        """
        pause_s, was_ready = 1.0, False
        try:
            while True:
                try:
                    run = self._open(deadline)
                    pause_s, was_ready = 1.0, True
                    self._watch(run)
                except _BrokenError as broken:
                    self._close()
                    if not was_ready and time.monotonic() > deadline:
                        raise JobError(f"tunnel: not ready in time: {broken}") from broken
                    self._count_restart(broken)
                    self.holder.ending.wait(pause_s)
                    pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                    if was_ready:
                        deadline = time.monotonic() + _REOPEN_S
        finally:
            self._close()
            self.record.supervisor, self.record.ready = 0, False
            self._write()

    def _open(self, deadline: float) -> Run:
        """Start sshuttle and wait for the first answer through the tunnel."""
        # Use a new port each time, since the last one or its rules may still be in use.
        port = random.randrange(*_PORTS)  # noqa: S311 - no secret
        self.record.port = port
        self._write()
        self._interfaces = []
        self._renew_guard()
        command = [self.program, *arguments(self.access, self.cidrs, self.method.name, port)]
        self._run = run = Run(self.namespace, command, self.folder / "tunnel.log")
        self.record.sshuttle = run.child.pid
        self._write()
        verdict = Verdict.UNREACHABLE
        while True:
            self._require_running(run)
            if self.method.redirects(port):
                verdict = self._probe(self.namespace)
                if verdict is Verdict.ANSWERED:
                    self._require_containers()
                    self._tell_ready()
                    return run
            if time.monotonic() > deadline:
                raise _BrokenError(
                    f"{self.record.probe} does not answer through it: {verdict.value}"
                )
            self.holder.ending.wait(_POLL_S)

    def _watch(self, run: Run) -> NoReturn:
        """Probe the tunnel until it breaks. Raises _BrokenError, or the holder's reason."""
        failures = 0
        while True:
            self.holder.ending.wait(self.options.interval_s)
            self._require_running(run)
            self._renew_guard()
            if not self.method.redirects(self.record.port):
                raise _BrokenError("somebody removed its firewall rules")
            verdict = self._probe(self.namespace)
            self._tell_service(verdict)
            failures = 0 if verdict in {Verdict.ANSWERED, Verdict.CLOSED} else failures + 1
            if failures >= _PATIENCE:
                raise _BrokenError(f"{failures} probes of {self.record.probe}: {verdict.value}")

    def _require_running(self, run: Run) -> None:
        if run.child.running:
            run.family.note()
            return
        # Only then is its output complete.
        run.end()
        if run.code == USAGE_ERROR:
            # A retry cannot help.
            self.holder.say(run.printed.rstrip())
            raise JobError(f"sshuttle: it refuses its options (exit {run.code}): {run.complaint}")
        refuse_wrong_key(run.printed, self.access)
        raise _BrokenError(f"sshuttle ended ({run.code}): {run.complaint}")

    def _require_containers(self) -> None:
        if self.container is None:
            return
        verdict = self._probe(self.container)
        if verdict is not Verdict.ANSWERED:
            raise JobError(
                f"tunnel: {self.record.probe} answers from here, but not from container"
                f" {self.container.path}: {verdict.value}; look at this host's raw and input rules"
            )

    def _renew_guard(self) -> None:
        """Admit new bridges, such as kind's."""
        answer = self.namespace.run(sys.executable, "-I", interfaces.__file__)
        if answer.code:
            raise JobError(f"tunnel: interfaces: {answer.complaint}")
        names = ["lo", *answer.output.split()]
        self.method.guard(self.record.port, names)
        if names != self._interfaces:
            self.holder.say(f"tunnel: open to {', '.join(names)}")
        self._interfaces = names

    def _probe(self, namespace: Namespace) -> Verdict:
        host, port = self.target
        answer = namespace.run(
            sys.executable,
            "-I",
            probe.__file__,
            host,
            str(port),
            str(_PROBE_S),
            timeout_s=_PROBE_S + 5,
            ending=self.holder.ending,
        )
        try:
            return Verdict(answer.output.strip())
        except ValueError:
            return Verdict.UNREACHABLE

    def _tell_ready(self) -> None:
        self.record.ready = True
        self._write()
        self.holder.say("tunnel: ready")
        self.holder.ready.set()

    def _tell_service(self, verdict: Verdict) -> None:
        down = verdict is Verdict.CLOSED
        if down != self._service_is_down:
            state = "is down, the tunnel works" if down else "answers again"
            self.holder.say(f"tunnel: {self.record.probe} {state}")
        self._service_is_down = down

    def _count_restart(self, broken: _BrokenError) -> None:
        if self.record.restarts >= self.options.restarts:
            raise JobError(f"tunnel: given up after {self.record.restarts} restarts: {broken}")
        self.record.restarts += 1
        self._write()
        self.holder.say(
            f"tunnel: {broken}; restart {self.record.restarts} of {self.options.restarts}"
        )

    def _close(self) -> None:
        """End sshuttle and remove its rules. Raises JobError if something is left."""
        left = self._run.end() if self._run else []
        self._run = None
        self.record.sshuttle, self.record.ready = 0, False
        if not self.record.port:
            return
        deadline = time.monotonic() + _CHAINS_S
        while self.method.redirects(self.record.port) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.method.remove(self.record.port)
        remains = [*self.method.remains(self.record.port), *map(str, left)]
        if remains:
            raise JobError(f"tunnel: this is left, remove it: {'; '.join(remains)}")
        self.record.port = 0

    def _write(self) -> None:
        self.record.write(self.folder / "tunnel.json")
