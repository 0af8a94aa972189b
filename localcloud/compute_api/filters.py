"""Filters: the filter= expressions of list requests, as far as our clients send them.

One comparison is accepted, in one of these forms: `FIELD eq REGEX` of gcloud, whose regular
expression must match the whole value; `FIELD=VALUE` of Google's client libraries; `FIELD:TEXT`, for
which a part of the value is enough; `FIELD:*`, which every item with the field matches. A field is
a dotted path, such as labels.KEY. The service's other operators are refused with 501, and so are
fields inside lists: a filter that is ignored would list everything, and a cleanup would delete it.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from localcloud.compute_api import errors
from localcloud.compute_api.errors import Json

Predicate = Callable[[Json], bool]

_COMPARISON = re.compile(
    r"""\s*(?P<field>[\w.-]+)(?:\s*(?P<operator>[=:])\s*|\s+eq\s+)"""
    r"""(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"'()=<>:!*]+)|(?P<any>(?<=:)\*))\s*"""
)


def parse(expression: str) -> Predicate:
    """Return the predicate of an expression; an empty one accepts every item."""
    if not expression.strip():
        return lambda _: True
    found = _COMPARISON.fullmatch(expression)
    if not found:
        raise errors.lacking(f"The list filter {expression!r}")
    field = found["field"]
    try:
        pattern = re.compile(_pattern(found), re.DOTALL)
    except re.error:
        raise errors.invalid("filter", expression, "Invalid list filter expression.") from None

    def matches(item: Json) -> bool:
        value = _value(item, field)
        return value is not None and pattern.fullmatch(value) is not None

    return matches


def _pattern(found: re.Match[str]) -> str:
    """Return the regular expression that the whole value of the field must match."""
    if found["any"]:
        return ".*"
    literal = found["word"]
    if literal is None:
        # Within quotes a backslash escapes the quote and itself only. In \b and the like it belongs
        # to the regular expression.
        literal = re.sub(r"\\([\"\\])", r"\1", found["quoted"])
    match found["operator"]:
        case "=":
            return re.escape(literal)
        case ":":
            return f".*{re.escape(literal)}.*"
    return literal


def _value(item: Any, field: str) -> str | None:
    for key in field.split("."):
        item = item.get(key) if isinstance(item, dict) else None
        if isinstance(item, list):
            raise errors.lacking(f"A list filter by {field!r}")
    return item if item is None or isinstance(item, str) else json.dumps(item)
