"""Leased command: run a program with a project of Boskos, and give the project back.

One thread decides, the main one. Signals, the program's end and the loss of the lease come to it as
events in a queue that a signal handler may write to.
"""

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from host.errors import JobError
from job.cloud.boskos.client import Boskos, LostError, owner
from job.cloud.boskos.lease import Holder, Lease, Pace, hold

# Pulumi, gcloud and Google's libraries each look at several, and none may name another project.
_PROJECT_VARIABLES = (
    "GCP_PROJECT",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_PROJECT",
    "GCLOUD_PROJECT",
    "CLOUDSDK_CORE_PROJECT",
)
# What a program may take to end once the lease is lost; it is not the time for a teardown.
_GRACE_S = 15.0


class EndedError(JobError):
    """The command failed, or a signal ended it."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class _Event(Enum):
    ENDED = "the command has ended"
    LOST = "the lease is lost"
    OVERDUE = "the command was told to end, and did not"


_Events = queue.SimpleQueue[_Event | signal.Signals]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to lease, and what to run with it."""

    host: str
    kind: str
    command: Sequence[str]
    pace: Pace
    grace_s: float = _GRACE_S


def run(asked: Request, environ: Mapping[str, str]) -> None:
    """Lease, run, release. Raises JobError unless the command succeeded and all was given back."""
    boskos = Boskos(host=asked.host, owner=owner(environ))
    events: _Events = queue.SimpleQueue()

    def pause(seconds: float) -> None:
        with contextlib.suppress(queue.Empty):
            _stop_at(events.get(timeout=seconds))

    with (
        _signals_to(events),
        hold(
            boskos,
            asked.kind,
            pace=asked.pace,
            holder=Holder(pause=pause, on_lost=lambda: events.put(_Event.LOST)),
        ) as lease,
    ):
        with contextlib.suppress(queue.Empty):
            # A signal that came while the server was thinking.
            _stop_at(events.get_nowait())
        _run(asked, environ, lease, events)


def _stop_at(event: _Event | signal.Signals) -> None:
    """Give up before the command was started."""
    if isinstance(event, signal.Signals):
        raise EndedError(f"boskos run: ended by {event.name} before COMMAND", 128 + event)
    raise LostError("boskos run: the lease was lost before COMMAND")


def _run(asked: Request, environ: Mapping[str, str], lease: Lease, events: _Events) -> None:
    process = subprocess.Popen(
        asked.command,
        env={
            **environ,
            **dict.fromkeys(_PROJECT_VARIABLES, lease.name),
            "BOSKOS_RESOURCE_NAME": lease.name,
        },
        # A ^C of the terminal comes here alone, and all that the command starts can be ended.
        start_new_session=True,
    )
    try:
        signalled = _follow(process, events, asked.grace_s)
    finally:
        # What it left in the background would go on in a project that is soon somebody else's.
        _send(process, signal.SIGKILL)
        code = process.wait()
    _judge(asked.command[0], code, signalled, lease)


def _follow(
    process: subprocess.Popen[bytes], events: _Events, grace_s: float
) -> signal.Signals | None:
    """Do what the events ask for until the command has ended; the first signal that came."""
    threading.Thread(target=_wait, args=(process, events), daemon=True).start()
    signalled: signal.Signals | None = None
    while (event := events.get()) is not _Event.ENDED:
        match event:
            case signal.Signals():
                signalled = signalled or event
                _send(process, event)
            case _Event.LOST:
                _send(process, signal.SIGTERM)
                timer = threading.Timer(grace_s, events.put, [_Event.OVERDUE])
                timer.daemon = True
                timer.start()
            case _Event.OVERDUE:
                _send(process, signal.SIGKILL)
    return signalled


def _wait(process: subprocess.Popen[bytes], events: _Events) -> None:
    # Not reaped yet: its id stays that of its group until all signals are sent.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    events.put(_Event.ENDED)


def _send(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # One that became another user may not be signalled; it is waited for.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _judge(name: str, code: int, signalled: signal.Signals | None, lease: Lease) -> None:
    """Raise what the run came to, unless that is success."""
    if lease.lost.is_set():
        raise LostError(f"boskos run: the lease of {lease.name} was lost, {name} was ended")
    if signalled:
        raise EndedError(f"boskos run: {name} was ended by {signalled.name}", 128 + signalled)
    if code < 0:
        raise EndedError(f"boskos run: {name} was killed by signal {-code}", 128 - code)
    if code:
        raise EndedError(f"boskos run: {name} failed with {code}", code)


@contextlib.contextmanager
def _signals_to(events: _Events) -> Iterator[None]:
    """Queue SIGINT and SIGTERM as long as the block runs; to the end, so that it is reached."""

    def handle(number: int, _frame: object) -> None:
        events.put(signal.Signals(number))

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
