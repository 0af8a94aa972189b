"""Prerequisites: build CAPO's image and tools while the cloud comes up, and save the image.

The cloud takes far longer, so the build runs at low priority. If it fails, the job ends at once.
"""

import threading
from collections import deque
from contextlib import closing
from pathlib import Path

from host.ending import Ending
from host.errors import JobError
from host.processes import Child, Grace, Program
from job.run.context import Context
from job.run.job_kind import Kind

PREREQUISITES: dict[Kind, tuple[str, ...]] = {
    "e2e": ("e2e-image", "e2e-prerequisites", "build-e2e-tests"),
    "conformance": ("e2e-image", "e2e-prerequisites"),
}
"""The targets of CAPO's Makefile that are built while the cloud comes up."""

_IMAGE = "gcr.io/k8s-staging-capi-openstack/capi-openstack-controller:e2e"
_NICE = 10
_GRACE = Grace(soft_s=3, hard_s=2)
_LAST_LINES = 20


class PrerequisitesError(JobError):
    """The build failed."""

    kind = "configuration"


class Prerequisites:
    """A build in the background."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._over = Ending()
        self._built = threading.Event()
        self._thread = threading.Thread(target=self._build, name="prerequisites")
        self._thread.start()

    @property
    def archive(self) -> Path:
        """The image's archive, written by `docker save`. It exists after `wait`."""
        return self._context.folder / "capo-e2e-image.tar"

    def wait(self) -> None:
        """Wait for the build. Raises the reason if the job is told to end."""
        while not self._built.is_set():
            self._context.ending.wait(0.2)

    def close(self) -> None:
        """End the build. The archive is deleted with the job's folder."""
        self._over.ask(JobError("prerequisites: no longer needed"))
        self._thread.join()
        self._over.close()

    def _build(self) -> None:
        capo = str(self._context.job.capo)
        make = ["make", "-C", capo, *PREREQUISITES[self._context.kind]]
        save = ["docker", "save", "-o", str(self.archive), _IMAGE]
        try:
            with self._context.timeline.span("job", "prerequisites"):
                self._run(make)
                if self._context.kind == "e2e":
                    self._run(save)
        except JobError as error:
            # The job has ended the build itself.
            if self._over.reason is None:
                self._context.ending.ask(error)
        else:
            self._context.log.say("prerequisites: built")
            self._built.set()

    def _run(self, command: list[str]) -> None:
        lines: deque[str] = deque(maxlen=_LAST_LINES)
        with closing(self._context.artifacts.append("prerequisites.log")) as log:

            def keep(line: str) -> None:
                lines.append(line)
                log.write(line)

            try:
                program = Program(
                    command=command, environment=self._context.job.for_suite({}), nice=_NICE
                )
                code = Child(program, keep).wait(self._over, _GRACE)
            except OSError as error:
                raise PrerequisitesError(
                    f"prerequisites: {command[0]} does not run: {error.strerror}; install it"
                ) from None
        if code:
            self._context.log.say("prerequisites: the last lines of prerequisites.log:")
            for line in lines:
                self._context.log.pass_on(f"    {line}")
            what = " ".join(command[:2] if command[0] == "docker" else ["make", *command[3:]])
            raise PrerequisitesError(
                f"prerequisites: '{what}' failed with {code}; read prerequisites.log"
            )
