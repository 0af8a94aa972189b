"""Diff: the changes between two sets of a command's inputs."""

from typing import Any

from localcloud.plugins.paths import join
from localcloud.plugins.provider import Change
from localcloud.plugins.values import UNKNOWN, Properties, public


def changed(olds: Properties, news: Properties) -> dict[str, Change]:
    """Return the changes by property path. Marks of secrets do not count.

    As in the real plugin, only `triggers` as a whole asks for a replacement here. For a single
    trigger the SDK asks, with its own replace_on_changes of `triggers[*]`.
    """
    changes: dict[str, Change] = {}
    _compare(public(olds), public(news), "", changes)
    if "triggers" in changes:
        changes["triggers"] = Change(changes["triggers"].kind, replace=True)
    return changes


def _compare(old: Any, new: Any, path: str, changes: dict[str, Change]) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            _compare(old.get(key), new.get(key), join(path, key), changes)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            _compare(_at(old, index), _at(new, index), f"{path}[{index}]", changes)
    elif old is None and new is not None:
        changes[path] = Change("add")
    elif old is not None and new is None:
        changes[path] = Change("delete")
    # An unknown value may turn out to be the old one, but a preview must announce the change.
    elif old != new or new is UNKNOWN:
        changes[path] = Change("update")


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None
