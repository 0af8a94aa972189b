"""Store: the resources of all projects, by path.

A path can be taken once, and by a resource of whatever state: until the operation of a deletion is
done, the name is not free. Nothing is checked about references; that is for the collections.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from localcloud.compute_api import errors, links
from localcloud.compute_api.errors import Json


@dataclass
class Resource:
    """A resource: its path, its representation, and whether an operation creates or deletes it."""

    path: str
    body: Json
    state: Literal["creating", "ready", "deleting"] = "ready"
    # Paths to which its creation referred, for the journal.
    references: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return links.name_of(self.path)

    @property
    def project(self) -> str:
        return self.path.split("/")[1]

    @property
    def collection(self) -> str:
        """Return the REST collection, such as networks."""
        return self.path.split("/")[-2]

    @property
    def scope(self) -> str:
        """Return the place of the resource: global, regions/R or zones/Z."""
        return links.location_of(self.path)

    @property
    def link(self) -> str:
        """Return the link to the resource, as responses have it."""
        return links.link(self.path)


class Store:
    """Resources by path, in the order of their creation."""

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}

    def add(self, resource: Resource) -> Resource:
        """Keep and return a resource; refuse a path that is taken."""
        if resource.path in self._resources:
            raise errors.already_exists(resource.path)
        self._resources[resource.path] = resource
        return resource

    def check_free(self, path: str) -> None:
        """Refuse a path that is taken, before a request changes anything."""
        if path in self._resources:
            raise errors.already_exists(path)

    def find(self, path: str) -> Resource | None:
        """Return the resource of a path or None; as in the API, an id may stand for the name."""
        found = self._resources.get(path)
        if found is None and links.name_of(path).isdigit():
            parent = path.rsplit("/", 1)[0]
            for resource in self._resources.values():
                if resource.path.rsplit("/", 1)[0] == parent and resource.body.get(
                    "id"
                ) == links.name_of(path):
                    return resource
        return found

    def get(self, path: str) -> Resource:
        """Return the resource of a path; refuse with 404 if there is none."""
        found = self.find(path)
        if found is None:
            raise errors.not_found(path)
        return found

    def ready(self, path: str) -> Resource:
        """Return a resource for use by another; refuse one that is being created or deleted."""
        found = self.get(path)
        if found.state != "ready":
            raise errors.not_ready(found.path)
        return found

    def remove(self, path: str) -> None:
        """Remove a resource; a path without one is no error."""
        self._resources.pop(path, None)

    def all(self) -> Iterator[Resource]:
        """Iterate over a copy of all resources, oldest first, so that a caller may remove some."""
        return iter(list(self._resources.values()))

    def select(self, collection: str, project: str, scope: str | None = None) -> Iterator[Resource]:
        """Iterate over a collection of a project, in one scope or (None) in all."""
        for resource in self.all():
            if (
                resource.collection == collection
                and resource.project == project
                and scope in {None, resource.scope}
            ):
                yield resource
