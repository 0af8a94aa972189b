"""Filters: the filter= expressions of list requests, as far as clients here send them.

Two forms of one comparison: `FIELD eq REGEX`, whose regular expression must match the whole value
(gcloud), and `FIELD=VALUE` (Google's client libraries). A field is a dotted path, such as
labels.KEY. The service's other operators are refused, since a filter that is ignored would list
everything.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from localcloud.compute_api import errors
from localcloud.compute_api.errors import Json

Predicate = Callable[[Json], bool]

_COMPARISON = re.compile(
    r"""\s*(?P<field>[\w.-]+)(?:\s*(?P<equal>=)\s*|\s+eq\s+)"""
    r"""(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"'()=<>:!*]+))\s*"""
)


def parse(expression: str) -> Predicate:
    """Turn an expression into a predicate; an empty one lets everything through."""
    if not expression.strip():
        return lambda _: True
    found = _COMPARISON.fullmatch(expression)
    if not found:
        raise errors.lacking(f"The list filter {expression!r}")
    field, literal = found["field"], found["word"]
    if literal is None:
        # A backslash only escapes the quote and itself: \b in a regular expression stays.
        literal = re.sub(r"\\([\"\\])", r"\1", found["quoted"])
    try:
        pattern = re.compile(re.escape(literal) if found["equal"] else literal)
    except re.error:
        raise errors.invalid("filter", expression, "Invalid list filter expression.") from None

    def matches(item: Json) -> bool:
        value = _value(item, field)
        return value is not None and pattern.fullmatch(value) is not None

    return matches


def _value(item: Any, field: str) -> str | None:
    for key in field.split("."):
        item = item.get(key) if isinstance(item, dict) else None
        if isinstance(item, list):
            raise errors.lacking(f"A list filter by {field!r}")
    return item if item is None or isinstance(item, str) else json.dumps(item)
