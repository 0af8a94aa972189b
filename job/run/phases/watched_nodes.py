"""Watched nodes: watch both nodes during the job, and end it when one fails."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from host.errors import JobError, Kind
from job.nodes.ssh import Access, Role
from job.nodes.status import State, Subject
from job.nodes.watch import Watch
from job.run.context import Context

_POLL_S = 0.5
_KINDS: dict[str, Kind] = {
    "configuration": "configuration",
    "infrastructure": "infrastructure",
    "interrupted": "infrastructure",
}


class NodeError(JobError):
    """A node failed."""

    def __init__(self, state: State) -> None:
        super().__init__(f"{state.subject}: {state}")
        self.kind = _KINDS.get(state.error_class, "unknown")
        self.state = state


class SilentError(JobError):
    """A node has been silent for too long. Replacing it helps; waiting longer never did."""

    kind: Kind = "infrastructure"

    def __init__(self, state: State) -> None:
        super().__init__(
            f"{state.subject}: no answer over ssh for {state.silent_s:.0f} s ({state.trouble})"
        )
        # The controller reports the registration.
        self.role: Role = "worker" if state.subject == "worker" else "controller"


class UnfitImageError(JobError):
    """A node that started from an image of a finished node did not become ready in time.

    A node that is built does not depend on the image, so it is worth the time.
    """

    kind: Kind = "infrastructure"

    def __init__(self, role: Role, image: str, why: str) -> None:
        super().__init__(f"{role}: image {image} is of no use: {why}")
        self.role = role
        self.image = image


@dataclass(frozen=True, kw_only=True)
class Images:
    """The images of finished nodes that nodes started from, and the time that these have."""

    paths: Mapping[Role, str]
    timeout_s: float


class Nodes:
    """Watches in a thread of its own, until `close`.

    Until `tests_begin`, a failed or silent node ends the job, and so does one that is not ready in
    time from its image. After that it is only logged: tests of the second AZ may fail, but the
    others still have results.
    """

    def __init__(self, context: Context, access: Mapping[Role, Access], images: Images) -> None:
        self._context = context
        self._images = images
        self._began = time.monotonic()
        self._watch = Watch(access, context.log.say, context.timeline)
        self._states: dict[Subject, State] = {}
        self._stop = threading.Event()
        self._testing = False
        self._thread = threading.Thread(target=self._follow, name="nodes")
        self._thread.start()

    def wait_for_controller(self, timeout_s: float) -> None:
        """Wait until it is ready. Raises NodeError, or JobError at the time limit."""
        deadline = time.monotonic() + timeout_s
        while (state := self._states.get("controller")) is None or state.verdict != "ready":
            if time.monotonic() > deadline:
                where = state or "nothing was heard of it"
                raise JobError(f"controller: not ready after {timeout_s:.0f} s: {where}")
            self._context.ending.wait(_POLL_S)

    def tests_begin(self) -> None:
        """From now on, only log failures."""
        self._testing = True

    @property
    def failures(self) -> list[State]:
        """States of the failed subjects."""
        return [state for state in self._states.values() if state.verdict == "failed"]

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()
        self._watch.close()

    def _require_all(self) -> None:
        for state in self.failures:
            role = _role(state.subject)
            image = self._images.paths.get(role)
            self._context.ending.ask(
                UnfitImageError(role, image, str(state)) if image else NodeError(state)
            )
            return
        self._require_images()
        controller = self._states.get("controller")
        for state in self._states.values():
            # The controller may be the worker's jump host.
            hidden = state.subject == "worker" and controller and controller.trouble
            if state.silent_s > self._context.job.silence_s and not state.is_final and not hidden:
                self._context.ending.ask(SilentError(state))

    def _require_images(self) -> None:
        """End the job for a node that has its time and is not ready from its image."""
        controller, timeout_s = self._states.get("controller"), self._images.timeout_s
        if "controller" not in self._images.paths and not (controller and controller.is_final):
            # A worker waits for the controller, whose build takes long.
            self._began = time.monotonic()
        for role, image in self._images.paths.items():
            state = self._states.get(role)
            is_late = time.monotonic() - self._began > timeout_s
            if is_late and state is not None and not state.is_final:
                why = f"not ready after {timeout_s:.0f} s: {state}"
                self._context.ending.ask(UnfitImageError(role, image, why))
                return

    def _follow(self) -> None:
        try:
            while not self._stop.wait(_POLL_S):
                self._states = self._watch.poll()
                self._context.log.show(self._states, self._context.began)
                if not self._testing and self._context.ending.reason is None:
                    self._require_all()
        except Exception as error:  # noqa: BLE001 - unwatched nodes would be waited for in vain
            self._context.ending.ask(JobError(f"nodes: they cannot be watched: {error!r}"))


def _role(subject: Subject) -> Role:
    """Return the node whose image decides: the registration fails by the worker's."""
    return "controller" if subject == "controller" else "worker"
