"""Schema: the properties of a resource type, and their names in the API.

The facts come from terraform-provider-google, which the real plugin wraps. A property that a type's
schema lacks is refused (check.py), never dropped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["string", "int", "bool", "map", "list", "set", "object", "objects", "object_set"]

NESTED = ("object", "objects", "object_set")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One property. It is an input unless it is `output` or `derived`."""

    name: str
    kind: Kind = "string"
    api: str = ""
    """The name in the API if it differs. Dots lead into objects; "-": the API does not have it."""
    required: bool = False
    output: bool = False
    """The API alone decides the value."""
    derived: bool = False
    """The provider derives it from inputs and configuration, and compares it like an input."""
    computed: bool = False
    """Without an input the API decides the value, so a missing input is not a change."""
    default: Any = None
    """Value that the real plugin sends without an input."""
    force_new: bool = False
    """Every change asks for a new resource."""
    forces: Callable[[Any, Any], bool] | None = None
    """Tells whether a change (old, new) asks for a new resource, if only some do."""
    values: tuple[str, ...] = ()
    """The accepted values; empty: all."""
    fields: tuple["Field", ...] = ()
    """The properties of an object, or of each object in a list or set."""
    same: Callable[[str, str], bool] | None = None
    """Tells whether a value in state and an input are spellings of the same thing."""
    link: str = ""
    """Collection of the resource that the value names, such as `regions/{region}/subnetworks`."""
    short: bool = False
    """State has only the last part of the API's link."""

    @property
    def api_name(self) -> str:
        """Name in the API, or "-" if the API does not have the property."""
        return self.api or self.name

    @property
    def settable(self) -> bool:
        """Whether a program may give a value."""
        return not (self.output or self.derived)


def string(name: str, **more: Any) -> Field:
    return Field(name=name, **more)


def integer(name: str, **more: Any) -> Field:
    return Field(name=name, kind="int", **more)


def boolean(name: str, **more: Any) -> Field:
    return Field(name=name, kind="bool", **more)


def output(name: str, kind: Kind = "string", **more: Any) -> Field:
    """Return a property that only the API decides."""
    return Field(name=name, kind=kind, output=True, **more)


NAME = string("name", required=True, force_new=True)
PROJECT = string("project", api="-", computed=True, force_new=True)
# Networks, subnetworks and addresses cannot change their description.
DESCRIPTION_FOR_EVER = string("description", force_new=True)
SELF_LINK = output("selfLink")
CREATED = output("creationTimestamp")


def find(fields: tuple[Field, ...], name: str) -> Field:
    return next(field for field in fields if field.name == name)
