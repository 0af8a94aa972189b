"""Schema: what a resource type's properties are, and how each is spelled in the API.

The facts are those of terraform-provider-google, which the real plugin wraps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["string", "int", "bool", "map", "list", "set", "object", "objects", "object_set"]

NESTED = ("object", "objects", "object_set")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One property. An input unless it is `output` or `derived`."""

    name: str
    kind: Kind = "string"
    api: str = ""
    """The name in the API where it differs; dots lead into objects; "-" is not in the API."""
    required: bool = False
    output: bool = False
    """Only the API says."""
    derived: bool = False
    """Computed from inputs and configuration, and compared like an input."""
    computed: bool = False
    """The API says unless it is given, so its absence is no change."""
    default: Any = None
    """What the real plugin sends when it is not given."""
    force_new: bool = False
    """A change asks for a new resource."""
    forces: Callable[[Any, Any], bool] | None = None
    """Says which changes ask for a new resource, where not all do."""
    values: tuple[str, ...] = ()
    """The only ones accepted."""
    fields: tuple["Field", ...] = ()
    same: Callable[[str, str], bool] | None = None
    """Says that a state's value and an input's are two spellings of one thing."""
    link: str = ""
    """Names a resource of this collection, such as `regions/{region}/subnetworks`."""
    short: bool = False
    """State keeps the last part of the API's link alone."""

    @property
    def api_name(self) -> str:
        """The name in the API, or "-"."""
        return self.api or self.name

    @property
    def settable(self) -> bool:
        """Say whether a program may give it."""
        return not (self.output or self.derived)


def string(name: str, **more: Any) -> Field:
    """Make a text property."""
    return Field(name=name, **more)


def integer(name: str, **more: Any) -> Field:
    """Make a whole number."""
    return Field(name=name, kind="int", **more)


def boolean(name: str, **more: Any) -> Field:
    """Make a truth value."""
    return Field(name=name, kind="bool", **more)


def output(name: str, kind: Kind = "string", **more: Any) -> Field:
    """Make a property that the API alone decides."""
    return Field(name=name, kind=kind, output=True, **more)


NAME = string("name", required=True, force_new=True)
PROJECT = string("project", api="-", computed=True, force_new=True)
DESCRIPTION_FOR_EVER = string("description", force_new=True)
SELF_LINK = output("selfLink")
CREATED = output("creationTimestamp")


def find(fields: tuple[Field, ...], name: str) -> Field:
    """Give the field of that name."""
    return next(field for field in fields if field.name == name)
