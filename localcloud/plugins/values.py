"""Values: property values as they cross the plugin protocol.

On the wire a property is JSON; marked objects and strings stand for what JSON lacks. Here a secret
is `Secret`, a value that a preview does not know yet is `UNKNOWN`, and a whole number is an int.
Assets, archives and resource references are refused, because no resource of this project uses them.
"""

from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

Properties = dict[str, Any]

# The marks are constants of github.com/pulumi/pulumi/sdk/v3/go/common/resource.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark, not a secret
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
# One mark for each type that an unknown value may turn out to have.
_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN = {
    _UNKNOWN_STRING,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}


class UnsupportedValueError(ValueError):
    """A value of a kind that the stand-ins refuse: an asset, an archive, a resource reference."""


class Unknown:
    """The type of UNKNOWN, which equals nothing but itself."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts in state and never prints."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


def from_struct(struct: Struct) -> Properties:
    """Return the properties of a message. Leave out nulls, as the real plugins do.

    Raises UnsupportedValueError.
    """
    pairs = ((key, _read(value)) for key, value in struct.fields.items())
    return {key: value for key, value in pairs if value is not None}


def to_struct(properties: Properties) -> Struct:
    """Return properties as a message. Raises UnsupportedValueError."""
    return Struct(fields={key: _write(value) for key, value in properties.items()})


def public(value: Any) -> Any:
    """Return a value without secret marks, at any depth."""
    match value:
        case Secret():
            return public(value.value)
        case dict():
            return {key: public(item) for key, item in value.items()}
        case list():
            return [public(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    """Tell whether a value or a part of it is UNKNOWN, also inside a secret."""
    match public(value):
        case Unknown():
            return True
        case dict() as items:
            return any(has_unknown(item) for item in items.values())
        case list() as items:
            return any(has_unknown(item) for item in items)
    return False


def _read(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return _read_object(value.struct_value)
        case "list_value":
            return [_read(item) for item in value.list_value.values]
        case "number_value":
            # The wire has only floats, but sizes and ports are whole numbers to the API.
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWN else value.string_value
        case "bool_value":
            return value.bool_value
    return None


def _read_object(struct: Struct) -> Any:
    if _SIGNATURE not in struct.fields:
        return from_struct(struct)
    signature = struct.fields[_SIGNATURE].string_value
    if signature == _SECRET:
        return Secret(_read(struct.fields["value"]))
    if signature == _OUTPUT:
        # An output without a value is not known yet.
        value = _read(struct.fields["value"]) if "value" in struct.fields else UNKNOWN
        return Secret(value) if struct.fields["secret"].bool_value else value
    raise UnsupportedValueError(
        "assets, archives and resource references are not carried by this stand-in"
    )


def _write(value: Any) -> Value:
    match value:
        case None:
            return Value(null_value=NULL_VALUE)
        case bool():  # before int, of which bool is a subclass
            return Value(bool_value=value)
        case int() | float():
            return Value(number_value=value)
        case str():
            return Value(string_value=value)
        case Unknown():
            return Value(string_value=_UNKNOWN_STRING)
    return _write_nested(value)


def _write_nested(value: Any) -> Value:
    match value:
        case Secret():
            return Value(struct_value=to_struct({_SIGNATURE: _SECRET, "value": value.value}))
        case dict():
            return Value(struct_value=to_struct(value))
        case list() | tuple():
            return Value(list_value=ListValue(values=[_write(item) for item in value]))
    raise UnsupportedValueError(f"{type(value).__name__} is not a property value")
