"""Remote Python: wait until the controller can run sshuttle's remote end."""

import re
import time

from host.errors import JobError
from job.network.tunnel.namespace import Namespace
from job.network.tunnel.supervisor import Holder
from job.nodes.ssh import Access, refuse_wrong_key

# The version of CentOS Stream 9, the oldest with which sshuttle is tested.
_OLDEST_PYTHON = (3, 9)
_PAUSE_S = 5
_TRY_S = 30


def wait_for_python(access: Access, namespace: Namespace, deadline: float, holder: Holder) -> None:
    """Wait until the controller runs Python. Raises JobError: time-out, version, or host key."""
    said = ""
    while True:
        answer = namespace.run(
            *access.command(),
            access.destination,
            "python3 -V 2>&1 || python -V 2>&1",
            timeout_s=_TRY_S,
            ending=holder.ending,
        )
        refuse_wrong_key(answer.errors, access)
        if found := re.search(r"Python (\d+)\.(\d+)", answer.output):
            _require_new(found, access)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise JobError(f"tunnel: {access.host}: no Python over ssh in time: {answer.reason}")
        if said != (said := answer.reason):
            holder.say(f"tunnel: waiting for Python on {access.host}: {said}")
        holder.ending.wait(min(_PAUSE_S, left))


def _require_new(found: re.Match[str], access: Access) -> None:
    version = (int(found[1]), int(found[2]))
    if version < _OLDEST_PYTHON:
        oldest = ".".join(map(str, _OLDEST_PYTHON))
        raise JobError(
            f"tunnel: {access.host} has {found[0]}, too old for sshuttle, which needs {oldest};"
            " install python3 on the node"
        )
