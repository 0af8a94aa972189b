"""Check: compare a program's inputs with a schema; refusals have the real plugin's words.

Accepts inputs of the schema that have its types; values that a preview does not know yet pass.
Refuses unknown names, missing inputs, wrong types, values outside a closed list, and names that the
API would refuse. Properties that only the real plugin has are unknown names here: if they were
dropped, the program would get another resource than it asked for.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from localcloud.plugins.gcp.schema import NESTED, Field
from localcloud.plugins.paths import join
from localcloud.plugins.provider import Failure
from localcloud.plugins.values import UNKNOWN, Properties

_NAME = re.compile(r"(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)")
_SCALARS = {"string": str, "int": int, "bool": bool}


def check(fields: tuple[Field, ...], inputs: Properties, resource: str) -> Iterator[Failure]:
    """Yield the reasons to refuse the inputs. `resource` is the logical name, for the messages."""
    for path, reason in _object(fields, inputs, ""):
        yield Failure(path, f"{reason}. Examine values at '{resource}.{path}'.")
    name = inputs.get("name")
    if isinstance(name, str) and not _NAME.fullmatch(name):
        yield Failure("name", f'"name" ("{name}") doesn\'t match regexp "^{_NAME.pattern}$"')


_Misfits = Iterator[tuple[str, str]]


def _object(fields: tuple[Field, ...], values: Properties, path: str) -> _Misfits:
    known = {field.name: field for field in fields if field.settable}
    for name, value in values.items():
        here = join(path, name)
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}" if near else "this stand-in plugin does not carry it"
            yield here, f"Invalid or unknown key; {hint}"
        else:
            yield from _value(known[name], value, here)
    for name, field in known.items():
        if field.required and values.get(name) is None:
            missing = f'The argument "{_snake(name)}" is required, but no definition was found.'
            yield join(path, name), f"Missing required argument. {missing}"


def _value(field: Field, value: Any, path: str) -> _Misfits:
    if value is UNKNOWN:
        return
    if field.kind in _SCALARS:
        yield from _scalar(field, value, path)
    elif field.kind == "map":
        yield from _map(value, path)
    elif field.kind == "object":
        if isinstance(value, dict):
            yield from _object(field.fields, value, path)
        else:
            yield path, f"expected an object, got {type(value).__name__}"
    elif not isinstance(value, list):
        yield path, f"expected a list, got {type(value).__name__}"
    else:
        for index, item in enumerate(value):
            yield from _item(field, item, f"{path}[{index}]")


def _scalar(field: Field, value: Any, path: str) -> _Misfits:
    wanted = _SCALARS[field.kind]
    # bool is a subclass of int, but true is not a number to the API.
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        yield path, f"expected {wanted.__name__}, got {type(value).__name__}"
    elif field.values and value not in field.values:
        yield path, f"expected {_snake(field.name)} to be one of {list(field.values)}, got {value}"


def _map(value: Any, path: str) -> _Misfits:
    if not isinstance(value, dict):
        yield path, f"expected a map, got {type(value).__name__}"
        return
    for key, item in value.items():
        if item is not UNKNOWN and not isinstance(item, str):
            yield join(path, key), f"expected str, got {type(item).__name__}"


def _item(field: Field, item: Any, path: str) -> _Misfits:
    if item is UNKNOWN:
        return
    if field.kind in NESTED:
        if isinstance(item, dict):
            yield from _object(field.fields, item, path)
        else:
            yield path, f"expected an object, got {type(item).__name__}"
    elif not isinstance(item, str):
        yield path, f"expected str, got {type(item).__name__}"


def _snake(name: str) -> str:
    """Return a name in Terraform's spelling, which the real plugin's messages have."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
