"""Filters: the filter= expressions of list requests.

Two grammars, as the service has: the old one, `name eq REGEX` (also `ne`, and several such terms in
parentheses, all of which must hold), whose regular expression must match the whole value, and the
newer one with =, !=, :, <, >, AND, OR, NOT and parentheses. Fields are dotted paths; labels.KEY:*
asks whether a label exists.
"""

import re
from collections.abc import Callable
from typing import Any

from localcloud.compute_api import errors
from localcloud.compute_api.errors import ApiError, Json

Predicate = Callable[[Json], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<paren>[()])
      | (?P<op>!=|<=|>=|=|<|>|:)
      | "(?P<double>(?:[^"\\]|\\.)*)"
      | '(?P<single>(?:[^'\\]|\\.)*)'
      | (?P<word>[^\s()=<>:!"']+(?:!(?!=)[^\s()=<>:!"']+)*)
    )""",
    re.VERBOSE,
)
_EOF = ("eof", "")

Token = tuple[str, str]


def parse(expression: str) -> Predicate:
    """Turn an expression into a predicate; refuse what is not one."""
    if not expression.strip():
        return lambda _: True
    parser = _Parser(_tokens(expression), expression)
    predicate = parser.any_of()
    parser.expect_end()
    return predicate


def _refusal(expression: str) -> ApiError:
    return errors.invalid("filter", expression, "Invalid list filter expression.")


def _tokens(expression: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while expression[position:].strip():
        found = _TOKEN.match(expression, position)
        if not found or not found.lastgroup:
            raise _refusal(expression)
        kind, text = found.lastgroup, found[found.lastgroup]
        if kind in {"double", "single"}:
            # A backslash only escapes the quote and itself: \b in a regular expression stays.
            tokens.append(("text", re.sub(r"\\([\"'\\])", r"\1", text)))
        else:
            tokens.append((kind, text))
        position = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[Token], expression: str) -> None:
        self._tokens = tokens
        self._expression = expression
        self._next = 0

    def _peek(self) -> Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else _EOF

    def _take(self) -> Token:
        token = self._peek()
        self._next += 1
        return token

    def _is_word(self, *words: str) -> bool:
        kind, text = self._peek()
        return kind == "word" and text in words

    def expect_end(self) -> None:
        """Refuse what is left over."""
        if self._peek() != _EOF:
            raise _refusal(self._expression)

    def any_of(self) -> Predicate:
        """OR binds weakest."""
        terms = [self._all_of()]
        while self._is_word("OR"):
            self._take()
            terms.append(self._all_of())
        return lambda item: any(term(item) for term in terms)

    def _all_of(self) -> Predicate:
        terms = [self._term()]
        while self._peek() not in {_EOF, ("paren", ")")} and not self._is_word("OR"):
            if self._is_word("AND"):
                self._take()
            terms.append(self._term())
        return lambda item: all(term(item) for term in terms)

    def _term(self) -> Predicate:
        if self._is_word("NOT"):
            self._take()
            inner = self._term()
            return lambda item: not inner(item)
        if self._peek() == ("paren", "("):
            self._take()
            inner = self.any_of()
            if self._take() != ("paren", ")"):
                raise _refusal(self._expression)
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        kind, field = self._take()
        if kind != "word":
            raise _refusal(self._expression)
        if field.startswith("-") and len(field) > 1:
            self._next -= 1
            self._tokens[self._next] = ("word", field[1:])
            negated = self._comparison()
            return lambda item: not negated(item)
        kind, operator = self._take()
        if kind != "op" and operator not in {"eq", "ne"}:
            raise _refusal(self._expression)
        kind, literal = self._take()
        if kind == "paren" or (kind, literal) == _EOF or kind == "op":
            raise _refusal(self._expression)
        try:
            matches = _OPERATORS[operator](literal, quoted=kind == "text")
        except re.error:
            raise _refusal(self._expression) from None
        if operator in {"!=", "ne"}:
            return lambda item: not any(matches(value) for value in _values(item, field))
        return lambda item: any(matches(value) for value in _values(item, field))


def _values(item: Any, field: str) -> list[str]:
    """Give the values at a dotted path, of all entries where the path crosses a list."""
    if isinstance(item, list):
        return [value for entry in item for value in _values(entry, field)]
    if not field:
        return [_text(item)]
    if not isinstance(item, dict):
        return []
    # A label's key may itself hold dots, so the longest key goes first.
    parts = field.split(".")
    for i in range(len(parts), 0, -1):
        key = ".".join(parts[:i])
        if key in item:
            rest = ".".join(parts[i:])
            inner = item[key]
            if isinstance(inner, list) and not rest:
                return [_text(entry) for entry in inner]
            return _values(inner, rest)
    return []


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _regex(literal: str, *, quoted: bool) -> Callable[[str], bool]:
    del quoted
    pattern = re.compile(literal)
    return lambda value: pattern.fullmatch(value) is not None


def _equal(literal: str, *, quoted: bool) -> Callable[[str], bool]:
    if "*" in literal and not quoted:
        return _wildcard(literal)
    return lambda value: value == literal


def _has(literal: str, *, quoted: bool) -> Callable[[str], bool]:
    if "*" in literal and not quoted:
        return _wildcard(literal)
    return lambda value: literal.lower() in value.lower()


def _wildcard(literal: str) -> Callable[[str], bool]:
    pattern = re.compile(".*".join(re.escape(part) for part in literal.split("*")), re.DOTALL)
    return lambda value: pattern.fullmatch(value) is not None


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[..., Callable[[str], bool]]:
    def build(literal: str, *, quoted: bool) -> Callable[[str], bool]:
        del quoted

        def matches(value: str) -> bool:
            try:
                return compare(float(value), float(literal))
            except ValueError:
                return compare(value, literal)

        return matches

    return build


_OPERATORS: dict[str, Callable[..., Callable[[str], bool]]] = {
    "eq": _regex,
    "ne": _regex,
    "=": _equal,
    "!=": _equal,
    ":": _has,
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
}
