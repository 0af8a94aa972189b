"""Inputs: names, types and defaults of a command's inputs, as in pulumi-command 1.2.

Accepts the inputs of local and remote commands; values that a preview does not know yet pass.
Refuses other names, with the nearest known one, and values of the wrong type. Also refuses assets,
archives and proxies, which the real plugin has: without them the command would do something else
than the program wants.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from localcloud.plugins.provider import Checked, Failure
from localcloud.plugins.values import UNKNOWN, Properties, Secret, public

LOCAL = "command:local:Command"
REMOTE = "command:remote:Command"

_LOGGING = ("stdout", "stderr", "stdoutAndStderr", "none")
# Each input has a type, a tuple of accepted texts, a container with the type of its members, or the
# fields of an object.
_STRINGS = {"type": list, "of": str}
_COMMON: dict[str, Any] = {
    "create": str,
    "update": str,
    "delete": str,
    "triggers": list,
    "stdin": str,
    "logging": _LOGGING,
    "environment": {"type": dict, "of": str},
    "addPreviousOutputInEnv": bool,
}
_CONNECTION: dict[str, Any] = {
    "host": str,
    "port": float,
    "user": str,
    "password": str,
    "privateKey": str,
    "privateKeyPassword": str,
    "agentSocketPath": str,
    "dialErrorLimit": int,
    "perDialTimeout": int,
    "hostKey": str,
}
_INPUTS: dict[str, dict[str, Any]] = {
    LOCAL: {**_COMMON, "interpreter": _STRINGS, "dir": str},
    REMOTE: {**_COMMON, "connection": {"fields": _CONNECTION}},
}
_CONNECTION_DEFAULTS = {"user": "root", "port": 22, "dialErrorLimit": 10, "perDialTimeout": 15}
_LACKING = {
    "assetPaths": "assets are not carried by this stand-in",
    "archivePaths": "archives are not carried by this stand-in",
    "connection.proxy": "a proxy is not carried by this stand-in",
}


def check(kind: str, news: Properties) -> Checked:
    """Return the inputs with the real plugin's defaults, and the reasons to refuse them.

    `kind` is LOCAL or REMOTE.
    """
    # The others are the engine's own.
    inputs = {k: v for k, v in news.items() if k != "version" and not k.startswith("__")}
    failures = list(_check_fields(_INPUTS[kind], inputs, ""))
    if kind == REMOTE:
        connection = public(inputs.get("connection"))
        if connection is None:
            failures.append(Failure("connection", "missing required field 'connection'"))
        elif isinstance(connection, dict):
            if "host" not in connection:
                failures.append(Failure("connection.host", "missing required field 'host'"))
            # As in the real plugin a connection is secret as a whole, even without a key in it.
            inputs["connection"] = Secret({**_CONNECTION_DEFAULTS, **connection})
        else:
            inputs["connection"] = Secret(connection)
    return Checked(inputs, tuple(failures))


def _check_fields(fields: dict[str, Any], values: Properties, prefix: str) -> Iterator[Failure]:
    for name, value in values.items():
        path = prefix + name
        if path in _LACKING:
            yield Failure(path, _LACKING[path])
        elif name not in fields:
            near = get_close_matches(name, fields, n=1)
            hint = f"; did you mean {prefix}{near[0]}?" if near else ""
            yield Failure(path, f"no such input{hint}")
        elif public(value) is not UNKNOWN:
            yield from _check_value(fields[name], public(value), path)


def _check_value(wanted: Any, value: Any, path: str) -> Iterator[Failure]:
    match wanted:
        case {"fields": fields} if isinstance(value, dict):
            yield from _check_fields(fields, value, f"{path}.")
        case {"fields": _}:
            yield _wrong(path, "object", value)
        case {"type": container, "of": item} if isinstance(value, container):
            for member in value.values() if isinstance(value, dict) else value:
                if member is not UNKNOWN:
                    yield from _check_value(item, member, path)
        case {"type": container}:
            yield _wrong(path, container.__name__, value)
        case tuple() if value not in wanted:
            yield Failure(path, f"{value!r} is not one of {', '.join(wanted)}")
        case type() if not _is(value, wanted):
            yield _wrong(path, wanted.__name__, value)


def _is(value: Any, wanted: type) -> bool:
    if isinstance(value, bool):  # which is an int to Python, but not to the protocol
        return wanted is bool
    return isinstance(value, (int, float) if wanted is float else wanted)


def _wrong(path: str, wanted: str, value: Any) -> Failure:
    return Failure(path, f"expected {wanted}, got {type(value).__name__}")
