"""Search: find leftover resources of stacks, and foreign resources that block their networks."""

import math
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from job.cloud.cleanup.api import Api, path_of
from job.cloud.cleanup.marks import Scope
from job.cloud.kinds import FIREWALLS, IMAGES, KINDS, NETWORKS, ROUTES, Kind
from stacks.naming import Owner, marked

EXPIRES = "devstack-expires"
# The host of links, whatever the API's own address is.
_HOST = "https://www.googleapis.com/compute/v1/"
# Next hops of routes that belong to subnetworks, peerings and hubs. They cannot be deleted.
_BROUGHT = ("nextHopNetwork", "nextHopPeering", "nextHopHub")


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """An existing resource that may have to go."""

    kind: Kind
    path: str
    """In the form of IDs in the state: projects/P/zones/Z/instances/N."""
    owner: Owner | None = None
    """None: an image, or a foreign resource on a network of ours."""
    created: str = ""
    kept_until: float = 0
    """Until when its stack is kept for debugging, seconds since the epoch."""
    urn: str = ""

    @property
    def is_foreign(self) -> bool:
        """Whether it is not ours and holds a network of ours."""
        return not (self.owner or self.urn or self.kind is IMAGES)

    def __str__(self) -> str:
        return f"{self.urn} ({_HOST}{self.path})" if self.urn else self.path


def leftovers(api: Api, scope: Scope) -> list[Leftover]:
    """Return the leftover resources of the stacks in scope, users first. Raises JobError.

    A scope of all stacks includes the images that a bake failed to make.
    """
    found = []
    until: dict[Owner | None, float] = {}
    for kind in KINDS:
        for body in api.list(kind):
            owner = scope.owner(kind, body)
            if owner is None:
                continue
            until[owner] = max(until.get(owner, 0), _expiry(body))
            found.append(
                Leftover(
                    kind=kind,
                    path=path_of(body["selfLink"]),
                    owner=owner,
                    created=body.get("creationTimestamp", ""),
                )
            )
    elsewhere = {each.owner for each in found if not _is_in(scope.region, each.path)}
    # Resources without labels are kept together with the labelled ones of their stack.
    of_stacks = [
        replace(each, kept_until=until[each.owner]) for each in found if each.owner not in elsewhere
    ]
    return [*of_stacks, *_failed_images(api, scope)]


def _failed_images(api: Api, scope: Scope) -> Iterator[Leftover]:
    for body in api.list(IMAGES) if scope.has_images else ():
        if scope.is_failed_image(body):
            yield Leftover(
                kind=IMAGES,
                path=path_of(body["selfLink"]),
                created=body.get("creationTimestamp", ""),
            )


def removable(found: Iterable[Leftover], *, even_kept: bool) -> list[Leftover]:
    """Leave out the resources of stacks that are still kept for debugging, unless `even_kept`."""
    until = math.inf if even_kept else time.time()
    return [each for each in found if each.kept_until <= until]


def holders(api: Api, targets: Iterable[Leftover]) -> list[Leftover]:
    """Return foreign firewall rules and routes on the target networks, which block their deletion.

    Those of another stack that uses the network are left out.
    """
    targets = list(targets)
    networks = {target.path for target in targets if target.kind is NETWORKS}
    known = {target.path for target in targets}
    if not networks:
        return []
    return [
        Leftover(kind=kind, path=path, created=body.get("creationTimestamp", ""))
        for kind in (FIREWALLS, ROUTES)
        for body in api.list(kind)
        if path_of(body["network"]) in networks and marked(body) is None
        if (path := path_of(body["selfLink"])) not in known and _can_go(kind, body)
    ]


def of_state(resources: Collection[Mapping[str, Any]]) -> Iterator[Leftover]:
    """Yield the resources in a stack's state. A NAT is part of its router."""
    kinds = {kind.collection: kind for kind in KINDS}
    for resource in resources:
        path = resource.get("id", "")
        kind = kinds.get(path.split("/")[-2]) if path.startswith("projects/") else None
        if kind is not None and resource["type"].startswith("gcp:compute/"):
            yield Leftover(kind=kind, path=path, urn=resource["urn"])


def _can_go(kind: Kind, body: Mapping[str, Any]) -> bool:
    """Tell whether it can be deleted: routes that belong to the network itself cannot."""
    brought = any(hop in body for hop in _BROUGHT) or body["name"].startswith("default-route-")
    return kind is not ROUTES or not brought


def _expiry(body: Mapping[str, Any]) -> float:
    value = body.get("labels", {}).get(EXPIRES, "0")
    # Keep a stack with an unreadable value, rather than delete it.
    return int(value) if value.isdecimal() else math.inf


def _is_in(region: str, path: str) -> bool:
    scope, place = path.split("/")[2:4]
    return not region or scope == "global" or region in {place, place.rpartition("-")[0]}
