"""Tunnel: `python -m job tunnel` beside the job, from the first ssh until the teardown."""

import sys
import threading
from pathlib import Path

from host.child import Child, Grace, Program
from host.ending import Ending
from host.errors import JobError
from host.folders import CHECKOUT
from job.cloud.stack import Stack
from job.run.context import Context

# The nodes boot meanwhile.
_READY_S = 900
_BRIDGE, _INTERFACES = "docker0", Path("/sys/class/net")
_GRACE = Grace(soft_s=10, hard_s=3)
_READY = "tunnel: ready"


class Tunnel:
    """Opens in the background; `close` closes it."""

    def __init__(self, context: Context, stack: Stack, controller_ip: str) -> None:
        self._context = context
        self._stack = stack
        self._over = Ending()
        self._ready = threading.Event()
        self._last_line = "it said nothing"
        # ssh answers through it long before the APIs do, so what is wrong is known early.
        probe = f"{controller_ip}:22"
        words = ["--probe", probe, "--timeout", str(_READY_S)]
        if (_INTERFACES / _BRIDGE).exists():
            # kind's clusters will be on a bridge of the same Docker.
            words += ["--probe-bridge", _BRIDGE]
        # It stages the stack again, which must stay what the job has made of it.
        which = ("--stack", stack.name, "--settings", str(context.settings))
        self._program = Program(
            command=[sys.executable, "-m", "job", "tunnel", *which, *words],
            environment=context.job.variables,
            folder=CHECKOUT,
        )
        self._thread = threading.Thread(target=self._hold, name="tunnel")
        self._thread.start()

    def wait(self) -> None:
        """Wait until it is open. Raises the reason if the job is to end."""
        while not self._ready.is_set():
            self._context.ending.wait(0.2)

    def close(self) -> None:
        """Close it, and keep its log and its record."""
        self._over.ask(JobError("tunnel: no longer needed"))
        self._thread.join()
        self._over.close()
        for path in (self._stack.folder / "tunnel.log", self._stack.folder / "tunnel.json"):
            if path.exists():
                self._context.artifacts.copy(path, f"tunnel/{path.name}")

    def _hold(self) -> None:
        try:
            code = Child(self._program, self._hear).wait(self._over, _GRACE)
            reason = JobError(f"tunnel: it ended ({code}): {self._last_line}")
        except JobError:
            return
        self._context.ending.ask(reason)

    def _hear(self, line: str) -> None:
        self._last_line = line.strip() or self._last_line
        self._context.log.say(line)
        if line.startswith(_READY):
            self._ready.set()
