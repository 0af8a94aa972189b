"""Pruning: delete images that are too many, and remains of bakes that failed.

An image that a disk was made from stays: its node could not be replaced by one like it. Disks are
looked for in the project of the images and in that of the bake, as no account sees them all. A disk
elsewhere loses nothing, since it is a copy.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from job.cloud.cleanup.api import Api, path_of
from job.cloud.cleanup.removal import remove
from job.cloud.cleanup.search import Leftover
from job.cloud.kinds import DISKS, IMAGES
from stacks.baked_images import family_of
from stacks.naming import ROLES

Body = Mapping[str, Any]


def prune(images: Api, disks: Iterable[Api], cluster: str, keep: int) -> None:
    """Keep the `keep` newest images of each role. Print a line for each that goes or cannot go."""
    families = {family_of(cluster, role) for role in ROLES}
    ours = [body for body in images.list(IMAGES) if body.get("family") in families]
    used = {path_of(body["sourceImage"]) for api in disks for body in _copies(api)}
    targets = [
        Leftover(kind=IMAGES, path=path_of(body["selfLink"])) for body in spare(ours, keep, used)
    ]
    for survivor in remove(images, targets):
        images.say(f"not pruned: {survivor}")


def spare(ours: Iterable[Body], keep: int, used: Collection[str]) -> Iterator[Body]:
    """Yield the images that can be spared."""
    by_family = itemgetter("family")
    for _, group in groupby(sorted(ours, key=by_family), by_family):
        ready = []
        for body in sorted(group, key=itemgetter("creationTimestamp"), reverse=True):
            if body["status"] == "FAILED":
                yield body
            elif body["status"] == "READY":
                ready.append(body)
        yield from (body for body in ready[keep:] if path_of(body["selfLink"]) not in used)


def _copies(api: Api) -> Iterator[Body]:
    return (body for body in api.list(DISKS) if "sourceImage" in body)
