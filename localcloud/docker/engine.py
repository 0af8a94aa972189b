"""Engine: Debian's Docker in a job's network namespace.

Containers of the host's own engine are on the host's network and cannot reach the cloud. This
engine shares nothing with it: it has its own socket, folders and control group, and a PID namespace
with which all containers end. `hold-engine` ends when its standard input does, so the engine also
ends if this process is killed.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from host.ending import EndedError, Ending, ended_by_signals
from host.locks import take
from host.processes import Child, Grace, Program
from localcloud.errors import LocalcloudError
from localcloud.machines.job_space import UNSHARE_MOUNTS, Space
from localcloud.machines.strays import switch_name

# Debian packages by program.
_PACKAGES = {
    "containerd": "containerd",
    "docker": "docker.io",
    "dockerd": "docker.io",
    "iptables": "iptables",
    "runc": "runc",
    "unshare": "util-linux",
}
_HOLD = Path(__file__).with_name("hold-engine")
_START_S = 120
# hold-engine ends each of its own commands after 60 seconds.
_END_S = 300
_TAIL_LINES = 5
# The command decides how long its teardown takes, so this is no limit in practice.
_GRACE = Grace(soft_s=86400, hard_s=86400)


def require() -> None:
    """Raise LocalcloudError with all missing packages if no engine can run here."""
    missing = sorted({name for key, name in _PACKAGES.items() if shutil.which(key) is None})
    if missing:
        names = " ".join(missing)
        raise LocalcloudError(f"docker: missing: {names}; install with: apt-get install {names}")


def run_beside(
    command: Sequence[str], environment: Mapping[str, str], space: Space, folder: Path
) -> int:
    """Run a command and an engine in a job's space. Return its exit code, 128+N for a signal.

    The first SIGINT, SIGTERM or SIGHUP is passed on as SIGTERM. Later ones have no effect, so that
    an impatient ^C does not interrupt a teardown.
    """
    with ended_by_signals(signal.SIGHUP) as ending:
        try:
            with Docker(folder, space, environment, ending) as docker:
                program = Program(
                    command=space(command),
                    environment={**environment, "DOCKER_HOST": docker.host},
                )
                child = Child(program, sys.stdout.fileno(), sys.stderr.fileno())
                code = child.wait(ending, _GRACE)
        except EndedError as ended:
            return ended.exit_code
    return code if code >= 0 else 128 - code


class Docker:
    """A context manager with an engine that runs. At its end only images are left, in `folder`.

    Its start raises LocalcloudError if the engine does not run or another one uses the folder, and
    the reason of `ending` if that comes first.
    """

    host: str
    """The value for DOCKER_HOST."""

    def __init__(
        self, folder: Path, space: Space, environment: Mapping[str, str], ending: Ending
    ) -> None:
        self._folder = folder
        self._space = space
        self._environment = environment
        self._ending = ending
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            lock = take(self._folder / "engine.lock")
            if lock is None:
                raise LocalcloudError(
                    f"docker: another job uses {self._folder}; wait for its end, or end it"
                )
            undo.enter_context(lock)
            # The path of a socket has 107 bytes at most, and a state folder may be deep. If this
            # process is killed, strays.py finds this folder and the control group by their names.
            name = f"{switch_name()}-docker"
            place = undo.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-"))
            socket = f"{place}/docker.sock"
            self.host = f"unix://{socket}"
            reading, writing = os.pipe()
            with os.fdopen(reading, "rb") as ready:
                process = self._start(socket, name, writing)
                undo.callback(_kill, process)
                self._wait(ready)
            undo.callback(_end, process)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undo.close()

    def _start(self, socket: str, group: str, output: int) -> subprocess.Popen[bytes]:
        """Start hold-engine. `output` is closed here, so that it ends with the program."""
        hold = [str(_HOLD), str(self._folder / "data"), socket, group]
        unshare = [*UNSHARE_MOUNTS, "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
        with self._log.open("wb") as log, os.fdopen(output, "wb") as answer:
            return subprocess.Popen(
                self._space([*unshare, *hold]),
                env=self._environment,
                start_new_session=True,
                stdin=subprocess.PIPE,
                stdout=answer,
                stderr=log,
            )

    def _wait(self, ready: IO[bytes]) -> None:
        in_time = self._ending.wait_for([ready.fileno()], _START_S)
        if in_time and ready.readline() == b"ready\n":
            return
        what = "it ended" if in_time else f"it did not answer within {_START_S} s"
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        tail = " | ".join(lines[-_TAIL_LINES:])
        raise LocalcloudError(f"docker: {what}: {tail}; see {self._log}")

    @property
    def _log(self) -> Path:
        return self._folder / "engine.log"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let hold-engine remove its containers and end. Its caller kills it if that takes too long."""
    with suppress(subprocess.TimeoutExpired):
        # This closes its standard input.
        process.communicate(timeout=_END_S)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill hold-engine and with it every container, unless it has ended."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
