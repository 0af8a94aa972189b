"""Plan: the wanted properties of a resource, and their differences from state.

The rules are Terraform's, which the real plugin follows:

- null, "", 0, false and empty collections are equal.
- A computed property without an input keeps its value.
- A property whose input is removed returns to its default.
- Another spelling of the same thing is not a change. State keeps its spelling.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from localcloud.plugins.gcp.schema import NESTED, Field
from localcloud.plugins.paths import join
from localcloud.plugins.provider import Change
from localcloud.plugins.values import UNKNOWN, Properties, has_unknown


@dataclass
class Plan:
    """The wanted properties, and the changes by property path."""

    values: Properties
    changes: dict[str, Change] = field(default_factory=dict)


def plan(fields: tuple[Field, ...], state: Properties | None, wanted: Properties) -> Plan:
    """Return the plan for wanted inputs.

    Without state there are no changes, and properties that the API will decide are UNKNOWN.
    """
    planner = _Planner()
    values = planner.object(fields, state, wanted, "")
    return Plan(values, planner.changes if state is not None else {})


class _Planner:
    def __init__(self) -> None:
        self.changes: dict[str, Change] = {}

    def object(
        self, fields: tuple[Field, ...], old: Properties | None, new: Properties, path: str
    ) -> Properties:
        values = {}
        for each in fields:
            here = join(path, each.name)
            if old is None:
                value = self._created(each, new.get(each.name), here)
            else:
                value = self._changed(each, old.get(each.name), new.get(each.name), here)
            if value is not None:
                values[each.name] = value
        return values

    def _created(self, each: Field, new: Any, path: str) -> Any:
        if new is None:
            # The API decides, so only its answer to the creation will tell.
            if each.output or each.computed:
                return UNKNOWN
            new = each.default
        if new is UNKNOWN or new is None or each.kind not in NESTED:
            return new
        if each.kind == "object":
            return self.object(each.fields, None, new, path)
        return [
            item if item is UNKNOWN else self.object(each.fields, None, item, path) for item in new
        ]

    def _changed(self, each: Field, old: Any, new: Any, path: str) -> Any:
        if new is None:
            if each.output or each.computed:
                return old
            new = each.default
        if new is UNKNOWN:
            self._note(path, old, new, each.force_new)
            return new
        if _empty(old) and _empty(new):
            return old
        return self._compared(each, old, new, path)

    def _compared(self, each: Field, old: Any, new: Any, path: str) -> Any:
        match each.kind:
            case "object":
                return self._object(each, old, new, path)
            case "objects":
                return self._objects(each, old or [], new or [], path)
            case "map":
                return self._map(each, old or {}, new or {}, path)
            case "list" | "set" | "object_set":
                return self._collection(each, old or [], new or [], path)
        return self._scalar(each, old, new, path)

    def _scalar(self, each: Field, old: Any, new: Any, path: str) -> Any:
        if old == new or (each.same and old and new and each.same(old, new)):
            return old
        self._note(path, old, new, each.force_new or bool(each.forces and each.forces(old, new)))
        return new

    def _object(self, each: Field, old: Any, new: Any, path: str) -> Any:
        # An object that appears or disappears is one change, not one for each of its fields.
        if _empty(old) or _empty(new):
            self._note(path, old, new, _forces(each, new or old))
            return self._created(each, new, path)
        return self.object(each.fields, old, new, path)

    def _objects(self, each: Field, old: list[Any], new: list[Any], path: str) -> list[Any]:
        values = []
        for index in range(max(len(old), len(new))):
            here = f"{path}[{index}]"
            if index >= len(new):
                self.changes[here] = Change("delete", each.force_new)
            elif index >= len(old):  # an empty one counts, too: `{}` asks for an external IP
                self.changes[here] = Change("add", each.force_new)
                values += self._created(each, [new[index]], here)
            elif new[index] is UNKNOWN:
                self.changes[here] = Change("update", each.force_new)
                values.append(UNKNOWN)
            else:
                values.append(self.object(each.fields, old[index], new[index], here))
        return values

    def _map(self, each: Field, old: Properties, new: Properties, path: str) -> Properties:
        for key in {**old, **new}:
            if old.get(key) != new.get(key):
                self._note(join(path, key), old.get(key), new.get(key), each.force_new)
        return new

    def _collection(self, each: Field, old: list[Any], new: list[Any], path: str) -> list[Any]:
        if each.kind == "list":
            before = dict(enumerate(old))
            after = dict(enumerate(new))
        else:  # the order in a set means nothing, so only members without a counterpart differ
            before = dict(_without(each, old, new))
            after = dict(_without(each, new, old))
        for index in sorted({*before, *after}):
            if before.get(index) != after.get(index):
                here = f"{path}[{index}]"
                self._note(here, before.get(index), after.get(index), each.force_new)
        return new if before != after else old

    def _note(self, path: str, old: Any, new: Any, replace: bool) -> None:  # noqa: FBT001 - private
        if _nothing(new):
            self.changes[path] = Change("delete", replace)
        else:
            self.changes[path] = Change("add" if _nothing(old) else "update", replace)


def _without(each: Field, items: list[Any], others: list[Any]) -> Iterator[tuple[int, Any]]:
    """Yield the members of a set that another set lacks, each with its index."""
    known = {_canonical(each, other) for other in others}
    for index, item in enumerate(items):
        # An unknown member may turn out as any other one, so it counts as a change.
        if has_unknown(item) or _canonical(each, item) not in known:
            yield index, item


def _canonical(each: Field, item: Any) -> str:
    if isinstance(item, dict):
        item = {key: value for key, value in item.items() if not _empty(value)}
    text = json.dumps(item, sort_keys=True, default=repr)
    # Sets of objects are firewall rules, whose protocols may be written TCP or tcp.
    return text.lower() if each.kind == "object_set" else text


def _empty(value: Any) -> bool:
    return value is not UNKNOWN and not value


def _nothing(value: Any) -> bool:
    """Tell whether a change from or to a value is an addition or deletion. 0 and false are not."""
    return value is None or value in ("", [], {})


def _forces(each: Field, value: Properties) -> bool:
    return each.force_new or any(
        nested.force_new and nested.name in value for nested in each.fields
    )
