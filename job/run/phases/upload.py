"""Upload: copy the image's archive to the controller, from where the tests fetch it."""

import time
from pathlib import Path

from host import processes
from host.errors import JobError
from host.processes import DeadlineError, Grace, Program
from job.nodes.ssh import Access
from job.run.context import Context

_COMMAND = "sudo devstack-image-receive"
_PAUSE_S = 10
# The archive has several hundred megabytes.
_ATTEMPT_S = 600
# Longer than the limit for a silent node, which is handled elsewhere.
_LIMIT_S = 1800
_GRACE = Grace(soft_s=2, hard_s=2)


def run(context: Context, controller: Access, archive: Path) -> None:
    """Upload it, with retries. Raises JobError."""
    deadline = time.monotonic() + _LIMIT_S
    program = Program(
        command=[*controller.command(), controller.destination, _COMMAND],
        environment=context.job.variables,
        standard_input=archive,
    )
    while True:
        try:
            answer = processes.run(program, context.ending, timeout_s=_ATTEMPT_S, grace=_GRACE)
            complaint = answer.complaint if answer.code else ""
        except DeadlineError as error:
            complaint = str(error)
        if not complaint:
            size_mb = archive.stat().st_size / 1e6
            context.log.say(f"upload: the image archive ({size_mb:.0f} MB) is on the controller")
            return
        if time.monotonic() > deadline:
            raise JobError(f"upload: the image archive could not be uploaded: {complaint}")
        context.log.say(f"upload: {complaint}; trying again")
        context.ending.wait(_PAUSE_S)
