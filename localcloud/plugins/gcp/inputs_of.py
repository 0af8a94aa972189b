"""Inputs of: a resource's inputs, derived from its properties after a refresh or for an import."""

from typing import Any

from localcloud.plugins.gcp import labels
from localcloud.plugins.gcp.config import Config
from localcloud.plugins.gcp.plan import plan
from localcloud.plugins.gcp.resource import Resource
from localcloud.plugins.gcp.schema import Field
from localcloud.plugins.paths import top
from localcloud.plugins.values import Properties


def own(inputs: Properties) -> Properties:
    """Return the program's inputs, without those that the engine adds."""
    return {k: v for k, v in inputs.items() if k != "version" and not k.startswith("__")}


def refreshed(
    resource: Resource, inputs: Properties, properties: Properties, settings: Config
) -> Properties:
    """Return the inputs that fit the properties now.

    Unchanged ones keep the program's spelling, so that a refresh shows real changes alone.
    """
    wanted = own(inputs)
    if resource.labelled:
        wanted = labels.derive(wanted, properties, settings)
    changed = {top(path) for path in plan(resource.fields, properties, wanted).changes}
    now = {}
    for name, value in inputs.items():
        if name not in changed:
            now[name] = value
        # An input that the resource does not have any more is left out.
        elif name in properties:
            now[name] = properties[name]
    return now


def imported(fields: tuple[Field, ...], properties: Properties) -> Properties:
    """Return the inputs with which a program would create such a resource, without defaults."""
    now = {}
    for field in fields:
        value = properties.get(field.name)
        if not field.settable or value in (None, "", [], {}, field.default):
            continue
        if value == 0 and field.kind == "int":
            continue
        now[field.name] = _imported_value(field, value)
    return now


def _imported_value(field: Field, value: Any) -> Any:
    if field.kind == "object":
        return imported(field.fields, value)
    if field.kind in {"objects", "object_set"}:
        return [imported(field.fields, item) for item in value]
    return value
