"""Lease: hold a project of Boskos during a `with` block.

Heartbeats keep the reaper from taking the project. Once the server answers that it is not ours, it
may belong to another job, whose resources have the same names. Then the holder must not touch it.
"""

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from host.errors import JobError, Kind
from job.cloud.boskos.client import Boskos, LostError, UnavailableError


class NoneFreeError(JobError):
    """All resources are in use. A later attempt may succeed."""

    exit_code = os.EX_TEMPFAIL
    kind: Kind = "capacity"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Intervals and time limits of the requests, seconds."""

    # Time limit for a free project; 0: one attempt.
    acquire_limit_s: float = 1800.0
    heartbeat_s: float = 60.0
    # The server drops a queued request after 30 s without a repetition. Jitter adds up to half.
    poll_s: float = 10.0
    # After a failure. For heartbeats it doubles up to the usual interval.
    retry_s: float = 5.0
    # Short, since a job that is being ended has little time. The reaper takes the rest.
    release_limit_s: float = 60.0


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Callbacks of the lease's holder."""

    pause: Callable[[float], object]
    """Waits between two attempts. May raise to give up."""
    on_lost: Callable[[], object]
    """Called from another thread."""
    say: Callable[[str], object]


class Lease:
    """A leased resource. `lost` is set once it is not ours any more."""

    def __init__(self, boskos: Boskos, name: str, pace: Pace, holder: Holder) -> None:
        self.name = name
        self.lost = threading.Event()
        self._boskos = boskos
        self._pace = pace
        self._holder = holder
        self._over = threading.Event()

    def start(self) -> None:
        """Start the heartbeats."""
        threading.Thread(target=self._beat, name="boskos-heartbeat", daemon=True).start()

    def release(self) -> None:
        """Release it, once. Warns about a lost one. Raises JobError if it cannot be released."""
        if self._over.is_set():
            return
        # Stop first: a heartbeat after the release would be told that the lease is lost.
        self._over.set()
        if self.lost.is_set():
            self._holder.say(f"warning: {self.name} was lost and is not released")
            return
        deadline = time.monotonic() + self._pace.release_limit_s
        tried = False
        while True:
            try:
                self._boskos.release(self.name)
                break
            except LostError:
                if not tried:
                    raise
                break  # An earlier attempt succeeded, but its answer was lost.
            except UnavailableError as error:
                if time.monotonic() >= deadline:
                    raise
                self._holder.say(f"{error}; trying again")
            tried = True
            time.sleep(self._pace.retry_s)
        self._holder.say(f"released {self.name}")

    def _beat(self) -> None:
        usual = self._pace.heartbeat_s
        pause, answered = usual, time.monotonic()
        while not self._over.wait(pause):
            failed = pause < usual
            try:
                self._boskos.update(self.name)
            except LostError as error:
                self._lose(error)
                return
            except Exception as error:  # noqa: BLE001 - a heartbeat that dies loses the project
                self._holder.say(
                    f"{error}; {time.monotonic() - answered:.0f} s without a heartbeat"
                )
                pause = min(usual, 2 * pause if failed else self._pace.retry_s)
            else:
                pause, answered = usual, time.monotonic()

    def _lose(self, error: LostError) -> None:
        if self._over.is_set():
            return
        self._holder.say(f"{error}; the project is not touched any more")
        self.lost.set()
        self._holder.on_lost()


@contextlib.contextmanager
def hold(boskos: Boskos, kind: str, *, pace: Pace, holder: Holder) -> Iterator[Lease]:
    """Lease a resource, waiting up to a limit, and release it once, whatever happens.

    Raises NoneFreeError, or JobError for other failures.
    """
    lease = Lease(boskos, _wait(boskos, kind, pace, holder), pace, holder)
    try:
        holder.say(f"leased {lease.name} as {boskos.owner}")
        lease.start()
        yield lease
    except BaseException:
        # The block's own error matters more than a failed release.
        try:
            lease.release()
        except JobError as error:
            holder.say(f"warning: {error}")
        raise
    lease.release()


def _wait(boskos: Boskos, kind: str, pace: Pace, holder: Holder) -> str:
    deadline = time.monotonic() + pace.acquire_limit_s
    said = ""
    while True:
        obstacle: JobError = NoneFreeError(f"boskos: no {kind} is free at {boskos.host}")
        try:
            # If an answer is lost, an unknown resource may stay leased to us. The reaper takes it,
            # since it gets no heartbeats.
            if name := boskos.acquire(kind, will_ask_again=pace.acquire_limit_s > 0):
                return name
        except UnavailableError as error:
            obstacle = error
        left = deadline - time.monotonic()
        if left <= 0:
            raise type(obstacle)(f"{obstacle}; waited {pace.acquire_limit_s:g} s for one")
        if str(obstacle) != said:
            said = str(obstacle)
            holder.say(f"{said}; waiting up to {left:.0f} s")
        # Jitter, so that jobs that began together do not ask together for ever.
        holder.pause(min(left, pace.poll_s * random.uniform(0.5, 1.5)))  # noqa: S311 - no secret
