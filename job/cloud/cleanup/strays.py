"""Strays: resources of the stack that exist in the cloud and that its state does not know.

A run that is cut off leaves them: the provider forgets what it was told to stop waiting for,
although Compute Engine goes on creating it.
"""

from collections.abc import Collection

from host.errors import JobError
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.cleanup.marks import scope_of
from job.cloud.cleanup.removal import remove as remove_all
from job.cloud.cleanup.search import leftovers
from job.cloud.compute import place_of
from job.cloud.engine.pulumi import Pulumi


def remove(pulumi: Pulumi, known_ids: Collection[str], budget_s: float) -> None:
    """Delete the strays, with a line each. Raises JobError if one is left."""
    api = Api(place_of(pulumi.stack), Budget(budget_s, pulumi.ending), pulumi.tell)
    # A disk is there before the instance that it is made for uses it.
    disks = {path.replace("/instances/", "/disks/") for path in known_ids}
    known = disks.union(known_ids)
    found = leftovers(api, scope_of(pulumi.stack))
    survivors = remove_all(api, [each for each in found if each.path not in known])
    if survivors:
        raise JobError(f"strays: left over: {'; '.join(map(str, survivors))}")
