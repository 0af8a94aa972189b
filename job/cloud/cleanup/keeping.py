"""Keeping: keep a failed stack for debugging until a given time.

The time is a label of its instances and external addresses and applies to the whole stack. The
provider tolerates foreign labels, so all commands still work on the stack.
"""

from collections.abc import Mapping

from host.errors import JobError
from job.cloud.cleanup.api import Api, Body, RefusalError
from job.cloud.cleanup.marks import Scope
from job.cloud.cleanup.search import EXPIRES, Leftover, leftovers
from job.cloud.kinds import ADDRESSES, INSTANCES

_ATTEMPTS = 5
_PRECONDITION_FAILED = 412


def keep(api: Api, scope: Scope, until: float) -> list[Leftover]:
    """Let cleanup spare the stack until a time in seconds since the epoch.

    Returns the labelled resources. Raises JobError if there is no instance to debug.
    """
    found = [each for each in leftovers(api, scope) if each.kind in (INSTANCES, ADDRESSES)]
    if not any(each.kind is INSTANCES for each in found):
        raise JobError(f"keep: stack {scope.stack} has no instance; there is nothing to look at")
    return [each for each in found if _label(api, each, {EXPIRES: str(int(until))})]


def _label(api: Api, target: Leftover, labels: Mapping[str, str]) -> bool:
    """Add labels, retrying on concurrent changes. Return False if none of ours are there."""
    for attempt in range(1, _ATTEMPTS + 1):
        body: Body = api.get(target.kind, target.path)
        if "labels" not in body:
            return False
        wanted = body["labels"] | labels
        try:
            api.set_labels(target.kind, target.path, wanted, body["labelFingerprint"])
        except RefusalError as error:
            if error.status != _PRECONDITION_FAILED or attempt == _ATTEMPTS:
                raise
        else:
            break
    return True
