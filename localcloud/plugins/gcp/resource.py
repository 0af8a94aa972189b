"""Resource: a resource type that is one REST collection of the API.

The defaults fit a collection with get, insert, patch and delete. Differences of a type are in its
own file under resources/.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from localcloud.plugins.gcp import convert
from localcloud.plugins.gcp.client import Compute
from localcloud.plugins.gcp.config import Config
from localcloud.plugins.gcp.convert import Json
from localcloud.plugins.gcp.errors import ApiError, NotFoundError, OperationError
from localcloud.plugins.gcp.links import Place, name_of
from localcloud.plugins.gcp.plan import Plan
from localcloud.plugins.gcp.schema import Field
from localcloud.plugins.provider import Failure, ProviderError
from localcloud.plugins.values import Properties

Scope = Literal["global", "region", "zone"]


class Resource:
    """One resource type. Resources are arguments of its methods, so one object serves all calls."""

    token: ClassVar[str]
    noun: ClassVar[str]
    """The type's name in error messages."""
    collection: ClassVar[str]
    parameter: ClassVar[str]
    """The request parameter that has the resource's name."""
    scope: ClassVar[Scope]
    fields: ClassVar[tuple[Field, ...]]
    labelled: ClassVar[bool] = False

    def validate(self, inputs: Properties) -> Iterator[Failure]:
        """Yield the reasons to refuse inputs that are valid one by one; by default none."""
        del inputs
        yield from ()

    # Place and ID

    def place(self, properties: Properties, config: Config) -> Place:
        """Return the place of a resource: parts come from its properties, or the configuration.

        Raises ProviderError if neither has a part.
        """
        found = Place(project=self._part("project", properties, config), name=properties["name"])
        if self.scope == "region":
            return replace(found, region=name_of(self._part("region", properties, config)))
        if self.scope == "zone":
            return replace(found, zone=name_of(self._part("zone", properties, config)))
        return found

    def parts(self) -> tuple[str, ...]:
        """Return the names of the parts of the place that the configuration may have."""
        return ("project",) if self.scope == "global" else ("project", self.scope)

    def resource_id(self, place: Place) -> str:
        """Return the ID for state, in the real plugin's form."""
        return f"projects/{place.project}/{self._home(place)}/{self.collection}/{place.name}"

    def parse(self, resource_id: str, config: Config) -> Place:
        """Return the place of an ID from state or from `pulumi import`.

        Raises ProviderError for an ID in none of the accepted forms.
        """
        for pattern in self.id_patterns():
            if match := re.fullmatch(pattern, resource_id):
                parts = match.groupdict()
                for part in self.parts():
                    parts[part] = self._part(part, parts, config)
                return Place(**parts)
        raise ProviderError(
            f"Import id {resource_id!r} doesn't match any of the accepted formats:"
            f" [{' '.join(self.id_patterns())}]"
        )

    def id_patterns(self) -> list[str]:
        """Return the accepted forms of IDs as regular expressions, the longest form first."""
        part = "(?P<{}>[^/]+)"
        name, project = part.format("name"), part.format("project")
        if self.scope == "global":
            long = f"projects/{project}/global/{self.collection}/{name}"
            return [long, f"{project}/{name}", name]
        where = part.format(self.scope)
        long = f"projects/{project}/{self.scope}s/{where}/{self.collection}/{name}"
        return [long, f"{project}/{where}/{name}", f"{where}/{name}", name]

    def at(self, place: Place) -> dict[str, str]:
        """Return the request parameters that name the resource."""
        return {**self.within(place), self.parameter: place.name}

    def within(self, place: Place) -> dict[str, str]:
        """Return the request parameters that name the collection."""
        where = {"project": place.project, "region": place.region, "zone": place.zone}
        return {part: where[part] for part in self.parts()}

    # Operations

    def create(self, compute: Compute, place: Place, plan: Plan) -> None:
        """Create the resource. Raises ProviderError; the engine then takes it as not created."""
        self.created(compute, self.collection, place, self.body(place, plan.values))

    def complete(self, compute: Compute, place: Place, plan: Plan) -> None:
        """Do what must follow the creation; by default nothing. Raises ProviderError.

        The resource exists by now, so a failure here leaves it in state.
        """

    def created(self, compute: Compute, collection: str, place: Place, body: Json) -> None:
        """Insert a body and wait. Raises ProviderError with the real plugin's text."""
        try:
            compute.change(
                f"Creating {self.noun}", collection, "insert", **self.within(place), body=body
            )
        except ApiError as error:
            raise ProviderError(f"Error creating {self.noun}: {error}") from error
        except OperationError as error:
            raise ProviderError(f"Error waiting to create {self.noun}: {error}") from error

    def body(self, place: Place, values: Properties) -> Json:
        """Return the body of the insert."""
        return convert.to_api(self.fields, values, place)

    def find(self, compute: Compute, place: Place) -> Json | None:
        """Return the resource's JSON, or None if it does not exist. Raises ApiError."""
        return compute.find(self.collection, **self.at(place))

    def outputs(self, compute: Compute, place: Place, found: Json, state: Properties) -> Properties:
        """Return the properties for state. `found` is the result of `find`."""
        del compute
        values = convert.from_api(self.fields, found, state)
        return {**values, **{part: at for part, at in place.parts().items() if part != "name"}}

    def update(
        self, compute: Compute, place: Place, state: Properties, plan: Plan, changed: set[str]
    ) -> None:
        """Change in place the properties that `changed` names. Raises ProviderError."""
        del state
        fields = tuple(field for field in self.fields if field.name in changed)
        self.patch(compute, place, convert.to_api(fields, plan.values, place))

    def patch(self, compute: Compute, place: Place, body: Json) -> None:
        """Patch the resource and wait. Raises ProviderError with the real plugin's text."""
        try:
            compute.change(
                f"Updating {self.noun}", self.collection, "patch", **self.at(place), body=body
            )
        except ApiError as error:
            where = self.resource_id(place)
            raise ProviderError(f'Error updating {self.noun} "{where}": {error}') from error

    def delete(self, compute: Compute, place: Place, state: Properties) -> None:
        """Delete the resource and wait. Raises NotFoundError if it was gone, ProviderError."""
        del state
        try:
            compute.change(f"Deleting {self.noun}", self.collection, "delete", **self.at(place))
        except NotFoundError:  # an ApiError that the provider takes as success
            raise
        except ApiError as error:
            raise ProviderError(f"Error when reading or editing {self.noun}: {error}") from error

    def _home(self, place: Place) -> str:
        return "global" if self.scope == "global" else f"{self.scope}s/{vars(place)[self.scope]}"

    def _part(self, name: str, properties: Properties, config: Config) -> str:
        value = properties.get(name)
        if value:
            return str(value)
        given: str = getattr(config, name, "")
        if not given:
            raise ProviderError(f"{name}: required field is not set")
        return given
