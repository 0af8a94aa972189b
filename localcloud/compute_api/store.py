"""Store: every resource of every project, by path."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from localcloud.compute_api import errors, links
from localcloud.compute_api.errors import Json


@dataclass
class Resource:
    """One resource: its path, its representation, and whether an operation holds it."""

    path: str
    body: Json
    state: Literal["creating", "ready", "deleting"] = "ready"
    # What its creation referred to, for the journal.
    references: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Give the last part of the path."""
        return links.name_of(self.path)

    @property
    def project(self) -> str:
        """Give the project of the path."""
        return self.path.split("/")[1]

    @property
    def collection(self) -> str:
        """Give the REST collection, such as networks."""
        return self.path.split("/")[-2]

    @property
    def scope(self) -> str:
        """Give where it lives: global, regions/R or zones/Z."""
        return links.location_of(self.path)

    @property
    def link(self) -> str:
        """Give the link that responses carry."""
        return links.link(self.path)


class Store:
    """Resources by path, in the order of their creation."""

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}

    def add(self, resource: Resource) -> Resource:
        """Keep a resource; refuse a path that is taken."""
        if resource.path in self._resources:
            raise errors.already_exists(resource.path)
        self._resources[resource.path] = resource
        return resource

    def check_free(self, path: str) -> None:
        """Refuse a path that is taken."""
        if path in self._resources:
            raise errors.already_exists(path)

    def find(self, path: str) -> Resource | None:
        """Look a resource up by its path, whose last part may be its numeric id."""
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
        """Look a resource up; a 404 if there is none."""
        found = self.find(path)
        if found is None:
            raise errors.not_found(path)
        return found

    def ready(self, path: str) -> Resource:
        """Look a resource up for use by another; refuse one that is not ready."""
        found = self.get(path)
        if found.state != "ready":
            raise errors.not_ready(found.path)
        return found

    def remove(self, path: str) -> None:
        """Forget a resource, if it is there."""
        self._resources.pop(path, None)

    def all(self) -> Iterator[Resource]:
        """Iterate over everything, oldest first."""
        return iter(list(self._resources.values()))

    def select(self, collection: str, project: str, scope: str | None = None) -> Iterator[Resource]:
        """Iterate over a collection of a project, in one scope or in all."""
        for resource in self.all():
            if (
                resource.collection == collection
                and resource.project == project
                and scope in {None, resource.scope}
            ):
                yield resource
