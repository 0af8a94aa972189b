"""Strays: resources of the stack that exist in the cloud but are missing in its state.

Interrupted runs leave them: a cancelled provider forgets its requests, but Compute Engine still
completes them.
"""

from collections.abc import Collection

from host.errors import JobError
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.cleanup.marks import scope_of
from job.cloud.cleanup.removal import remove as remove_all
from job.cloud.cleanup.search import leftovers
from job.cloud.engine.pulumi import Pulumi
from job.cloud.place import place_of


def remove(pulumi: Pulumi, known_ids: Collection[str], budget_s: float) -> None:
    """Delete the strays, printing a line for each. Raises JobError if one stays."""
    api = Api(place_of(pulumi.stack), Budget(budget_s, pulumi.ending), pulumi.tell)
    # During an instance's creation, its disk exists before it is attached.
    disks = {path.replace("/instances/", "/disks/") for path in known_ids}
    known = disks.union(known_ids)
    found = leftovers(api, scope_of(pulumi.stack))
    survivors = remove_all(api, [each for each in found if each.path not in known])
    if survivors:
        raise JobError(f"strays: left over: {'; '.join(map(str, survivors))}")
