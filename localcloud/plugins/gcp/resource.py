"""Resource: a type whose instances are one REST collection of the API.

What a type does differently is in its own file under resources/.
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
    """One type. Instances hold no state."""

    token: ClassVar[str]
    noun: ClassVar[str]
    """As error messages name it."""
    collection: ClassVar[str]
    parameter: ClassVar[str]
    """The API's name for the resource's name."""
    scope: ClassVar[Scope]
    fields: ClassVar[tuple[Field, ...]]
    labelled: ClassVar[bool] = False

    def validate(self, inputs: Properties) -> Iterator[Failure]:
        """Say what is wrong with inputs that are each valid."""
        del inputs
        yield from ()

    # Where it is

    def place(self, properties: Properties, config: Config) -> Place:
        """Find out where it is to be. Raises ProviderError if nothing says so."""
        found = Place(project=self._part("project", properties, config), name=properties["name"])
        if self.scope == "region":
            return replace(found, region=name_of(self._part("region", properties, config)))
        if self.scope == "zone":
            return replace(found, zone=name_of(self._part("zone", properties, config)))
        return found

    def parts(self) -> tuple[str, ...]:
        """Give the parts of its place that the configuration may say."""
        return ("project",) if self.scope == "global" else ("project", self.scope)

    def resource_id(self, place: Place) -> str:
        """Give the id in state."""
        return f"projects/{place.project}/{self._home(place)}/{self.collection}/{place.name}"

    def parse(self, resource_id: str, config: Config) -> Place:
        """Read an id, in state or given to import. Raises ProviderError."""
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
        """Give the formats of ids, as regular expressions."""
        part = "(?P<{}>[^/]+)"
        name, project = part.format("name"), part.format("project")
        if self.scope == "global":
            long = f"projects/{project}/global/{self.collection}/{name}"
            return [long, f"{project}/{name}", name]
        where = part.format(self.scope)
        long = f"projects/{project}/{self.scope}s/{where}/{self.collection}/{name}"
        return [long, f"{project}/{where}/{name}", f"{where}/{name}", name]

    def at(self, place: Place) -> dict[str, str]:
        """Give the parameters that name it in a request."""
        return {**self.within(place), self.parameter: place.name}

    def within(self, place: Place) -> dict[str, str]:
        """Give the parameters that name its collection."""
        where = {"project": place.project, "region": place.region, "zone": place.zone}
        return {part: where[part] for part in self.parts()}

    # What is done with it

    def create(self, compute: Compute, place: Place, plan: Plan) -> None:
        """Create it. Raises ProviderError; then nothing exists, as far as can be known."""
        self.created(compute, self.collection, place, self.body(place, plan.values))

    def complete(self, compute: Compute, place: Place, plan: Plan) -> None:
        """Do what the API wants done after the creation; the resource exists by now."""

    def created(self, compute: Compute, collection: str, place: Place, body: Json) -> None:
        """Insert it, and describe a failure as the real plugin does."""
        try:
            compute.change(
                f"Creating {self.noun}", collection, "insert", **self.within(place), body=body
            )
        except ApiError as error:
            raise ProviderError(f"Error creating {self.noun}: {error}") from error
        except OperationError as error:
            raise ProviderError(f"Error waiting to create {self.noun}: {error}") from error

    def body(self, place: Place, values: Properties) -> Json:
        """Write it as the API takes it."""
        return convert.to_api(self.fields, values, place)

    def find(self, compute: Compute, place: Place) -> Json | None:
        """Look it up."""
        return compute.find(self.collection, **self.at(place))

    def outputs(self, compute: Compute, place: Place, found: Json, state: Properties) -> Properties:
        """Read it as state keeps it."""
        del compute
        values = convert.from_api(self.fields, found, state)
        return {**values, **{part: at for part, at in place.parts().items() if part != "name"}}

    def update(
        self, compute: Compute, place: Place, state: Properties, plan: Plan, changed: set[str]
    ) -> None:
        """Change in place what the names in `changed` say. Raises ProviderError."""
        del state
        fields = tuple(field for field in self.fields if field.name in changed)
        self.patch(compute, place, convert.to_api(fields, plan.values, place))

    def patch(self, compute: Compute, place: Place, body: Json) -> None:
        """Send changes, and describe a failure as the real plugin does."""
        try:
            compute.change(
                f"Updating {self.noun}", self.collection, "patch", **self.at(place), body=body
            )
        except ApiError as error:
            where = self.resource_id(place)
            raise ProviderError(f'Error updating {self.noun} "{where}": {error}') from error

    def delete(self, compute: Compute, place: Place, state: Properties) -> None:
        """Delete it; NotFoundError says that it was gone."""
        del state
        try:
            compute.change(f"Deleting {self.noun}", self.collection, "delete", **self.at(place))
        except NotFoundError:
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
