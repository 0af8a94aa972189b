"""Ranch: the resources that Boskos lends, who holds them, and who waits."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.compute_api.clock import Clock

# A request that is not repeated for so long loses its place; the real server's default.
REQUEST_TTL_S = 30.0


class NotFoundError(Exception):
    """There is no such resource, or none that can be had; 404."""


class OwnerError(Exception):
    """The resource is somebody else's, or nobody's; 401."""


class StateError(Exception):
    """The resource is in another state than its owner thinks; 409."""


@dataclass(kw_only=True)
class Resource:
    """Something to lend; times in seconds since the epoch."""

    name: str
    type: str
    state: str = "free"
    owner: str = ""
    last_update: float = 0.0

    def show(self) -> dict[str, Any]:
        """Make it JSON."""
        return {
            "type": self.type,
            "name": self.name,
            "state": self.state,
            "owner": self.owner,
            "lastupdate": datetime.fromtimestamp(self.last_update, UTC).isoformat(),
            "userdata": None,
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
                raise NotFoundError(f"there is no resource of type {kind!r}")
            usable = [item for item in of_kind if item.state == state and not item.owner]
            if len(usable) <= ahead:
                raise NotFoundError(f"no {kind} is {state} now")
            resource = sorted(usable, key=lambda item: item.last_update)[ahead]
            self._queues[kind, state].pop(request_id, None)
            self._touch(resource, state=dest, owner=owner)
            return resource

    def update(self, name: str, state: str, owner: str) -> None:
        """Note that the owner still uses a resource."""
        with self._lock:
            resource = self._owned(name, owner)
            if resource.state != state:
                raise StateError(f"{name} is {resource.state}, not {state}")
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
            raise NotFoundError(f"there is no resource {name!r}")
        if resource.owner != owner:
            raise OwnerError(f"{name} is owned by {resource.owner!r}, not by {owner!r}")
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
