"""Sweeping: search and delete until nothing is left."""

import time
from collections.abc import Iterable

from job.cloud.cleanup.api import Api
from job.cloud.cleanup.marks import Scope
from job.cloud.cleanup.removal import Survivor, remove
from job.cloud.cleanup.search import Leftover, holders, leftovers

# The second search finds resources whose creation was under way during the first; the third finds
# the disks that those leave.
_LOOKS = 3


def sweep(
    api: Api, scope: Scope, also: Iterable[Leftover] = (), *, even_kept: bool = False
) -> list[Survivor]:
    """Delete the leftovers of the stacks in scope, and `also` these. Return those that stay.

    Stacks kept for debugging are spared unless `even_kept`. Raises JobError.
    """
    known = {each.path: each for each in also}
    for _ in range(_LOOKS):
        now = 0 if even_kept else time.time()
        found = [each for each in leftovers(api, scope) if even_kept or each.kept_until <= now]
        # Prefer the entries from the state, which have URNs.
        targets = list({**{each.path: each for each in found}, **known}.values())
        targets += holders(api, targets)
        if not targets:
            break
        survivors = remove(api, targets)
        if survivors:
            return survivors
        known = {}
    return []
