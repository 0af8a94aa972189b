"""Ranch: the resources that Boskos leases, their owners, and the queue of waiting requests.

The rules are the real server's. A resource is leased only if it has the asked type and state and no
owner. A request with an id takes a place in a queue and is served in that order; without an id it
comes after all others. Only the owner may update or release a resource, so a job whose lease the
reaper ended is refused and learns of it. An update must also name the state of the resource.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localcloud.compute_api.clock import Clock

# Seconds after which a request that was not repeated loses its place in the queue; the real
# server's default.
REQUEST_TTL_S = 30.0


class RefusalError(Exception):
    """A refusal, with the HTTP status and the text of the real server."""

    status = 0


class NotFoundError(RefusalError):
    """A resource that does not exist, or no free one of a type or state."""

    status = 404

    def __init__(self, sought: str) -> None:
        super().__init__(f"no available resource {sought}, try again later.")


class UnknownTypeError(RefusalError):
    """A type without any resource, in whatever state; a client need not retry."""

    status = 404

    def __init__(self, kind: str) -> None:
        super().__init__(f"resource type {json.dumps(kind)} does not exist")


class OwnerError(RefusalError):
    """A resource that another owner holds, or nobody."""

    status = 401

    def __init__(self, asked: str, owner: str) -> None:
        super().__init__(f"owner mismatch request by {asked}, currently owned by {owner}")


class StateError(RefusalError):
    """A resource that is in another state than its owner names."""

    status = 409

    def __init__(self, state: str, asked: str) -> None:
        # The real server prints them in this order, although the current state is `state`.
        super().__init__(f"state mismatch - expected {state}, current {asked}")


@dataclass(kw_only=True)
class Resource:
    """A resource to lease; last_update in seconds since the epoch."""

    name: str
    type: str
    state: str = "free"
    owner: str = ""
    last_update: float = 0.0
    user_data: dict[str, str] = field(default_factory=dict)

    def show(self) -> dict[str, Any]:
        """Return the JSON object of the real server, with the time as RFC 3339."""
        return {
            "type": self.type,
            "name": self.name,
            "state": self.state,
            "owner": self.owner,
            "lastupdate": datetime.fromtimestamp(self.last_update, UTC).isoformat(),
            "userdata": self.user_data,
        }


class Ranch:
    """All resources and waiting requests, behind one lock.

    A lease without a heartbeat for reap_after_s seconds expires, and a resource that was dirty for
    clean_after_s seconds becomes free; None switches either off. Both happen at the next request
    that looks, so that no thread is needed and a test can move the clock.
    """

    def __init__(
        self,
        resources: Iterable[Resource],
        clock: Clock,
        *,
        reap_after_s: float | None = None,
        clean_after_s: float | None = None,
    ) -> None:
        self._resources = {resource.name: resource for resource in resources}
        self._clock = clock
        self._reap_after_s = reap_after_s
        self._clean_after_s = clean_after_s
        # By type and state: the ids of waiting requests and when each expires, oldest first.
        self._queues: dict[tuple[str, str], dict[str, float]] = {}
        # Reentrant, since the reaper's work calls reset() under it.
        self._lock = threading.RLock()

    def acquire(self, kind: str, state: str, dest: str, owner: str, request_id: str) -> Resource:
        """Lease the least recently updated resource that earlier requests leave over.

        Raises UnknownTypeError for a type without resources, NotFoundError while none is left.
        """
        with self._lock:
            self._pass_time()
            ahead = self._ahead(kind, state, request_id)
            of_kind = [resource for resource in self._resources.values() if resource.type == kind]
            if not of_kind:
                raise UnknownTypeError(kind)
            usable = [item for item in of_kind if item.state == state and not item.owner]
            if len(usable) <= ahead:
                raise NotFoundError(kind)
            # The ones before it in this order are for the requests ahead in the queue.
            resource = sorted(usable, key=lambda item: item.last_update)[ahead]
            self._queues[kind, state].pop(request_id, None)
            self._touch(resource, state=dest, owner=owner)
            return resource

    def acquire_by_state(
        self, state: str, dest: str, owner: str, names: Iterable[str]
    ) -> list[Resource]:
        """Lease resources by name; raise NotFoundError if one of them is not available.

        The others stay leased all the same, as on the real server.
        """
        with self._lock:
            self._pass_time()
            sought = set(names)
            found = [
                each
                for each in self._resources.values()
                if each.name in sought and each.state == state and not each.owner
            ]
            for resource in found:
                self._touch(resource, state=dest, owner=owner)
            if len(found) < len(sought):
                raise NotFoundError(state)
            return found

    def update(
        self, name: str, state: str, owner: str, user_data: Mapping[str, str] | None = None
    ) -> None:
        """Record a heartbeat of the owner and merge its user data; an empty value deletes a key.

        Raises StateError unless `state` is the resource's state.
        """
        with self._lock:
            resource = self._owned(name, owner)
            if resource.state != state:
                raise StateError(resource.state, state)
            merged = {**resource.user_data, **(user_data or {})}
            resource.user_data = {key: value for key, value in merged.items() if value}
            self._touch(resource, state=state, owner=owner)

    def release(self, name: str, dest: str, owner: str) -> None:
        """End a lease: the resource has no owner and the state `dest` from now on."""
        with self._lock:
            self._touch(self._owned(name, owner), state=dest, owner="")

    def reset(self, kind: str, state: str, expire_s: float, dest: str) -> dict[str, str]:
        """End leases without an update for expire_s seconds; return former owners by resource."""
        with self._lock:
            taken = {}
            for resource in self._resources.values():
                held = resource.owner and (resource.type, resource.state) == (kind, state)
                if held and self._clock.now() - resource.last_update >= expire_s:
                    taken[resource.name] = resource.owner
                    self._touch(resource, state=dest, owner="")
            return taken

    def metric(self, kind: str) -> dict[str, Any]:
        """Count the resources of a type by state and by owner; raise NotFoundError for none."""
        resources = [each for each in self.resources() if each.type == kind]
        if not resources:
            raise NotFoundError(kind)
        return {
            "type": kind,
            "current": Counter(each.state for each in resources),
            "owner": Counter(each.owner for each in resources),
        }

    def add(self, resource: Resource) -> None:
        """Add a resource, as an administrator does by an edit of the configuration."""
        with self._lock:
            self._resources[resource.name] = resource

    def put(self, name: str, *, state: str, owner: str = "") -> None:
        """Set state and owner as an administrator may, without a check of the present owner."""
        with self._lock:
            self._touch(self._resources[name], state=state, owner=owner)

    def remove(self, name: str) -> None:
        """Remove a resource from the configuration even while it is leased."""
        with self._lock:
            del self._resources[name]

    def resources(self) -> list[Resource]:
        """List all resources, after the reaper's and the janitor's work."""
        with self._lock:
            self._pass_time()
            return list(self._resources.values())

    def _owned(self, name: str, owner: str) -> Resource:
        self._pass_time()
        resource = self._resources.get(name)
        if resource is None:
            raise NotFoundError(name)
        if resource.owner != owner:
            raise OwnerError(owner, resource.owner)
        return resource

    def _touch(self, resource: Resource, *, state: str, owner: str) -> None:
        resource.state, resource.owner = state, owner
        resource.last_update = self._clock.now()

    def _ahead(self, kind: str, state: str, request_id: str) -> int:
        """Count the requests ahead in the queue; a request with an id enters or stays in it."""
        now = self._clock.now()
        waiting = self._queues.get((kind, state), {})
        waiting = {key: expiry for key, expiry in waiting.items() if expiry >= now}
        if request_id:
            # A dict keeps the position of a key whose value changes, so a retry keeps its place.
            waiting[request_id] = now + REQUEST_TTL_S
        self._queues[kind, state] = waiting
        return list(waiting).index(request_id) if request_id else len(waiting)

    def _pass_time(self) -> None:
        """Do what the reaper and the janitor would have done by now."""
        for kind in {resource.type for resource in self._resources.values()}:
            if self._reap_after_s is not None:
                self.reset(kind, "busy", self._reap_after_s, "dirty")
        if self._clean_after_s is None:
            return
        for resource in self._resources.values():
            dirty_s = self._clock.now() - resource.last_update
            if resource.state == "dirty" and dirty_s >= self._clean_after_s:
                self._touch(resource, state="free", owner="")
