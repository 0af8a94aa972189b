"""Sweeping: search and remove until nothing is found any more."""

import time
from collections.abc import Iterable

from job.cloud.cleanup.api import Api
from job.cloud.cleanup.marks import Scope
from job.cloud.cleanup.removal import Survivor, remove
from job.cloud.cleanup.search import Leftover, holders, leftovers

# What was still being created at the first look is seen at the second, and at the third that
# a disk stayed behind.
_LOOKS = 3


def sweep(
    api: Api, scope: Scope, also: Iterable[Leftover] = (), *, even_kept: bool = False
) -> list[Survivor]:
    """Remove what is left of the stacks in scope, and `also` this; who is left.

    Stacks that are kept for somebody stay, unless told otherwise. Raises JobError.
    """
    known = {each.path: each for each in also}
    for _ in range(_LOOKS):
        now = 0 if even_kept else time.time()
        found = [each for each in leftovers(api, scope) if even_kept or each.kept_until <= now]
        # Those of the state go by its ids, and come with their URNs.
        targets = list({**{each.path: each for each in found}, **known}.values())
        targets += holders(api, targets)
        if not targets:
            break
        survivors = remove(api, targets)
        if survivors:
            return survivors
        known = {}
    return []
