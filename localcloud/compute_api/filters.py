"""Filters: the filter= expressions of list requests, as far as our clients send them.

Two forms of one comparison are accepted: `FIELD eq REGEX` of gcloud, whose regular expression must
match the whole value, and `FIELD=VALUE` of Google's client libraries. A field is a dotted path,
such as labels.KEY. The service's other operators are refused with 501, and so are fields inside
lists: a filter that is ignored would list everything, and a cleanup would delete it.
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
    """Return the predicate of an expression; an empty one accepts every item."""
    if not expression.strip():
        return lambda _: True
    found = _COMPARISON.fullmatch(expression)
    if not found:
        raise errors.lacking(f"The list filter {expression!r}")
    field, literal = found["field"], found["word"]
    if literal is None:
        # Within quotes a backslash escapes the quote and itself only. In \b and the like it belongs
        # to the regular expression.
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
