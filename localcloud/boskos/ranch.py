"""Ranch: the resources that Boskos lends, who holds them, and who waits."""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localcloud.compute_api.clock import Clock

# A request that is not repeated for so long loses its place; the real server's default.
REQUEST_TTL_S = 30.0


class RefusalError(Exception):
    """The ranch refuses, with a status and a text of the real server's."""

    status = 0


class NotFoundError(RefusalError):
    """There is no such resource, or none that can be had."""

    status = 404

    def __init__(self, sought: str) -> None:
        super().__init__(f"no available resource {sought}, try again later.")


class UnknownTypeError(RefusalError):
    """There is no resource of that type, in whatever state."""

    status = 404

    def __init__(self, kind: str) -> None:
        super().__init__(f"resource type {json.dumps(kind)} does not exist")


class OwnerError(RefusalError):
    """The resource is somebody else's, or nobody's."""

    status = 401

    def __init__(self, asked: str, owner: str) -> None:
        super().__init__(f"owner mismatch request by {asked}, currently owned by {owner}")


class StateError(RefusalError):
    """The resource is in another state than its owner thinks."""

    status = 409

    def __init__(self, state: str, asked: str) -> None:
        # The real server confuses the two.
        super().__init__(f"state mismatch - expected {state}, current {asked}")


@dataclass(kw_only=True)
class Resource:
    """Something to lend; times in seconds since the epoch."""

    name: str
    type: str
    state: str = "free"
    owner: str = ""
    last_update: float = 0.0
    user_data: dict[str, str] = field(default_factory=dict)

    def show(self) -> dict[str, Any]:
        """Make it JSON."""
        return {
            "type": self.type,
            "name": self.name,
            "state": self.state,
            "owner": self.owner,
            "lastupdate": datetime.fromtimestamp(self.last_update, UTC).isoformat(),
            "userdata": self.user_data,
        }


class Ranch:
    """All resources. Each method first lets happen what the clock says has happened."""

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
        self._queues: dict[tuple[str, str], dict[str, float]] = {}
        self._lock = threading.RLock()

    def acquire(self, kind: str, state: str, dest: str, owner: str, request_id: str) -> Resource:
        """Lend the resource that was touched longest ago, if there is one more than who waits."""
        with self._lock:
            self._pass_time()
            ahead = self._ahead(kind, state, request_id)
            of_kind = [resource for resource in self._resources.values() if resource.type == kind]
            if not of_kind:
                raise UnknownTypeError(kind)
            usable = [item for item in of_kind if item.state == state and not item.owner]
            if len(usable) <= ahead:
                raise NotFoundError(kind)
            resource = sorted(usable, key=lambda item: item.last_update)[ahead]
            self._queues[kind, state].pop(request_id, None)
            self._touch(resource, state=dest, owner=owner)
            return resource

    def acquire_by_state(
        self, state: str, dest: str, owner: str, names: Iterable[str]
    ) -> list[Resource]:
        """Lend resources by name. If one cannot be had, the others are lent all the same."""
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
        """Note that the owner still uses a resource, and what it says of it; "" takes it back."""
        with self._lock:
            resource = self._owned(name, owner)
            if resource.state != state:
                raise StateError(resource.state, state)
            merged = {**resource.user_data, **(user_data or {})}
            resource.user_data = {key: value for key, value in merged.items() if value}
            self._touch(resource, state=state, owner=owner)

    def release(self, name: str, dest: str, owner: str) -> None:
        """Take a resource back."""
        with self._lock:
            self._touch(self._owned(name, owner), state=dest, owner="")

    def reset(self, kind: str, state: str, expire_s: float, dest: str) -> dict[str, str]:
        """Take away what was not updated for so long; the owners that had it, by name."""
        with self._lock:
            taken = {}
            for resource in self._resources.values():
                held = resource.owner and (resource.type, resource.state) == (kind, state)
                if held and self._clock.now() - resource.last_update >= expire_s:
                    taken[resource.name] = resource.owner
                    self._touch(resource, state=dest, owner="")
            return taken

    def metric(self, kind: str) -> dict[str, Any]:
        """Count the resources of a type, by state and by owner."""
        resources = [each for each in self.resources() if each.type == kind]
        if not resources:
            raise NotFoundError(kind)
        return {
            "type": kind,
            "current": Counter(each.state for each in resources),
            "owner": Counter(each.owner for each in resources),
        }

    def add(self, resource: Resource) -> None:
        """Add a resource to the configuration."""
        with self._lock:
            self._resources[resource.name] = resource

    def put(self, name: str, *, state: str, owner: str = "") -> None:
        """Change a resource as an administrator may, whoever holds it."""
        with self._lock:
            self._touch(self._resources[name], state=state, owner=owner)

    def remove(self, name: str) -> None:
        """Take a resource out of the configuration, whoever holds it."""
        with self._lock:
            del self._resources[name]

    def resources(self) -> list[Resource]:
        """List all."""
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
        """Count who waits before a request; it takes its place, unless it has no id."""
        now = self._clock.now()
        waiting = self._queues.get((kind, state), {})
        waiting = {key: expiry for key, expiry in waiting.items() if expiry >= now}
        if request_id:
            waiting[request_id] = now + REQUEST_TTL_S
        self._queues[kind, state] = waiting
        return list(waiting).index(request_id) if request_id else len(waiting)

    def _pass_time(self) -> None:
        """Be the reaper and the janitor."""
        for kind in {resource.type for resource in self._resources.values()}:
            if self._reap_after_s is not None:
                self.reset(kind, "busy", self._reap_after_s, "dirty")
        if self._clean_after_s is None:
            return
        for resource in self._resources.values():
            dirty_s = self._clock.now() - resource.last_update
            if resource.state == "dirty" and dirty_s >= self._clean_after_s:
                self._touch(resource, state="free", owner="")
