"""Convert: properties to the API's JSON and back, by a schema."""

from typing import Any

from localcloud.plugins.gcp import links
from localcloud.plugins.gcp.links import Place
from localcloud.plugins.gcp.schema import Field
from localcloud.plugins.values import UNKNOWN, Properties

Json = dict[str, Any]

# The real plugin's values in state for properties that the API's answer leaves out.
_ABSENT: dict[str, Any] = {"string": "", "bool": False, "int": 0, "map": {}}


def to_api(fields: tuple[Field, ...], values: Properties, place: Place) -> Json:
    """Return the request body for properties. Leave out outputs and values not known yet."""
    body: Json = {}
    for field in fields:
        value = values.get(field.name)
        # The real plugin does not send empty values either.
        if field.output or field.api_name == "-" or value in (None, UNKNOWN, "", [], {}):
            continue
        *parents, name = field.api_name.split(".")
        target = body
        for parent in parents:
            target = target.setdefault(parent, {})
        target[name] = _write(field, value, place)
    return body


def from_api(fields: tuple[Field, ...], body: Json, state: Properties) -> Properties:
    """Return the properties of an answer. Those that the API does not have come from state."""
    values: Properties = {}
    for field in fields:
        if field.api_name == "-":
            if field.name in state:
                values[field.name] = state[field.name]
            continue
        value = _read(field, _dig(body, field.api_name), state.get(field.name))
        if value is not None:
            values[field.name] = value
    return values


def _write(field: Field, value: Any, place: Place) -> Any:
    if field.kind == "object":
        return to_api(field.fields, value, place)
    if field.kind in {"objects", "object_set"}:
        return [to_api(field.fields, item, place) for item in value]
    if field.link:
        return links.expand(value, field.link, place)
    return value


def _read(field: Field, value: Any, old: Any) -> Any:
    match field.kind:
        case "object":
            return from_api(field.fields, value, old or {}) if value else None
        case "objects" | "object_set":
            # Paired by position, for properties that only state has.
            olds = old or []
            return [
                from_api(field.fields, item, olds[index] if index < len(olds) else {})
                for index, item in enumerate(value or [])
            ]
        case "list" | "set":
            return list(value or [])
    return _read_scalar(field, value)


def _read_scalar(field: Field, value: Any) -> Any:
    if value is None:
        return field.default if field.default is not None else _ABSENT[field.kind]
    if field.kind == "int":
        return int(value)  # an int64 is text in JSON
    if field.kind == "string":
        return links.name_of(value) if field.short else str(value)
    return value


def _dig(body: Json, path: str) -> Any:
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
