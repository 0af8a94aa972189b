"""Lease: a project of Boskos for as long as a `with` block runs.

A heartbeat says all the while that the project is in use, or the reaper would take it. Once the
server answers that it is not ours, it may be another job's already, whose resources have the same
names as ours: whoever holds the lease must touch nothing any more.
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
    """All resources are in use; another time there may be one."""

    exit_code = os.EX_TEMPFAIL
    kind: Kind = "capacity"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often the server is asked, and for how long; seconds."""

    # A project is awaited so long; 0 tries once.
    acquire_limit_s: float = 1800.0
    heartbeat_s: float = 60.0
    # The server forgets a waiting request after 30 seconds of silence; jitter makes it half more.
    poll_s: float = 10.0
    # After a failure; for a heartbeat it doubles up to the usual interval.
    retry_s: float = 5.0
    # A job that is being ended has little time; what it cannot release, the reaper takes.
    release_limit_s: float = 60.0


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Whoever holds a lease, as far as the lease needs to know."""

    pause: Callable[[float], object]
    """Waits between two tries, and may raise to give up."""
    on_lost: Callable[[], object]
    """Called from another thread."""
    say: Callable[[str], object]


class Lease:
    """A leased resource; `lost` is set once it is not ours any more."""

    def __init__(self, boskos: Boskos, name: str, pace: Pace, holder: Holder) -> None:
        self.name = name
        self.lost = threading.Event()
        self._boskos = boskos
        self._pace = pace
        self._holder = holder
        self._over = threading.Event()

    def start(self) -> None:
        """Begin to say that it is in use."""
        threading.Thread(target=self._beat, name="boskos-heartbeat", daemon=True).start()

    def release(self) -> None:
        """Give it back, once. A lost one only warns; raises JobError if it cannot be given back."""
        if self._over.is_set():
            return
        # First, for a beat that comes behind the release is told that the lease is lost.
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
                break  # An earlier try got through, and its answer did not.
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
    """Lease a resource, waiting up to a limit, and release it once whatever happens.

    Raises NoneFreeError, or JobError of what else went wrong.
    """
    lease = Lease(boskos, _wait(boskos, kind, pace, holder), pace, holder)
    try:
        holder.say(f"leased {lease.name} as {boskos.owner}")
        lease.start()
        yield lease
    except BaseException:
        # What ended the block matters more than a release that fails on top.
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
            # If an answer gets lost, a resource may stay leased to us that we do not know of.
            # Nothing can name it but the reaper, which takes it when no heartbeat comes.
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
        # Jobs that began together shall not ask together for ever.
        holder.pause(min(left, pace.poll_s * random.uniform(0.5, 1.5)))  # noqa: S311 - no secret
