"""Schema: the check of request bodies against the discovery document, as the API's front end does.

Unknown fields and values of the wrong JSON type are refused in Google's words; a field that is
dropped silently would be missing on Google Cloud only. A null counts as absent, also in a list (the
provider plugin sends nodeAffinities: [null] for none), and an integer may be written as a string.
Whether a value makes sense is for the resource's own module.
"""

import re
from collections.abc import Callable
from typing import Any

from localcloud.compute_api import errors
from localcloud.compute_api.errors import ApiError, Json

_UPPER = re.compile(r"(?<=[a-z0-9])([A-Z])")
_INTEGER = re.compile(r"-?\d+")


def check(schemas: dict[str, Json], schema: str, body: object) -> Json:
    """Return the body without nulls and with 64-bit integers as strings, or refuse it."""
    if not isinstance(body, dict):
        raise errors.bad_payload(
            "resource", "Invalid JSON payload received. Unexpected token. Expected an object."
        )
    return _Checker(schemas).message(schemas[schema], body, "resource")


class _Checker:
    def __init__(self, schemas: dict[str, Json]) -> None:
        self._schemas = schemas

    def message(self, schema: Json, body: Json, where: str) -> Json:
        properties = schema.get("properties", {})
        clean: Json = {}
        for name, value in body.items():
            if name not in properties:
                raise _unknown(name, where)
            if value is not None:
                clean[name] = self.value(properties[name], value, f"{where}.{_snake(name)}")
        return clean

    def value(self, schema: Json, value: object, where: str) -> Any:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        kind = schema["type"]
        if kind == "array":
            if not isinstance(value, list):
                raise _wrong(where, "repeated field", value)
            return [
                self.value(schema["items"], item, f"{where}[{i}]")
                for i, item in enumerate(value)
                if item is not None
            ]
        if kind == "object":
            if not isinstance(value, dict):
                raise _wrong(where, "message", value)
            if "additionalProperties" in schema:
                entry = schema["additionalProperties"]
                return {
                    key: self.value(entry, item, f"{where}[{key}]") for key, item in value.items()
                }
            return self.message(schema, value, where)
        # The document has such integers as strings, since JSON readers may round large numbers.
        if schema.get("format") in {"int64", "uint64"}:
            return _integer_string(value, where)
        return _SCALARS[kind](value, where)


def _string(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _wrong(where, "TYPE_STRING", value)
    return value


def _integer_string(value: object, where: str) -> str:
    """Return a 64-bit integer as the string that answers have; clients may send a number."""
    try:
        return str(_integer(value, where))
    except ApiError:
        raise _wrong(where, "TYPE_INT64", value) from None


def _integer(value: object, where: str) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    # To Python, true is an integer too.
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(where, "TYPE_INT32", value)
    return value


def _boolean(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(where, "TYPE_BOOL", value)
    return value


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(where, "TYPE_DOUBLE", value)
    return value


def _any(value: object, _where: str) -> object:
    return value


_SCALARS: dict[str, Callable[[object, str], object]] = {
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
    "number": _number,
    "any": _any,
}


def _unknown(name: str, where: str) -> ApiError:
    return errors.bad_payload(
        where,
        f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field.",
    )


def _wrong(where: str, expected: str, value: object) -> ApiError:
    return errors.bad_payload(where, f"Invalid value at '{where}' ({expected}), {value!r}")


def _snake(name: str) -> str:
    """Return a name as the service spells the place of a refused field: machine_type."""
    return _UPPER.sub(r"_\1", name).lower()
