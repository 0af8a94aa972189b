"""Shell words: evaluate constant words of bash, and find the names that builtins set."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ALL_ARGUMENTS = {"declare", "export", "let", "local", "readonly", "typeset", "unset"}
# Builtins that set their arguments, and their options whose argument is no variable.
_READERS = {"getopts": "", "mapfile": "dnOsuCc", "read": "dinNptu", "readarray": "dnOsuCc"}
_BY_OPTION = {"printf": "-v", "wait": "-p"}


def literal(word: Any) -> str | None:
    """Return the text of a word in shfmt's syntax tree; None if bash must expand a part."""
    texts = []
    for part in word.get("Parts", ()):
        kind, value = part.get("Type"), part.get("Value", "")
        if kind == "Lit":
            texts.append(_ESCAPE.sub(r"\1", value.replace("\\\n", "")))
        elif kind == "SglQuoted" and not part.get("Dollar"):
            texts.append(value)
        elif kind == "DblQuoted" and all(
            each.get("Type") == "Lit" for each in part.get("Parts", ())
        ):
            texts += [_unescaped(each["Value"]) for each in part.get("Parts", ())]
        elif kind == "ParamExp" and part.get("Short") and part.get("Index"):
            texts.append(part["Param"]["Value"])  # In arithmetic, an element of an array.
        else:
            return None
    return "".join(texts)


def _unescaped(text: str) -> str:
    """Return the text between double quotes."""
    return re.sub(r'\\([$`"\\\n])', lambda found: found[1].strip("\n"), text)


def names_of_builtin(words: Sequence[str | None]) -> Iterator[str | None]:
    """Yield the names that a builtin sets; None for one that only bash can expand."""
    command, arguments = words[0], words[1:]
    if command in _BY_OPTION:
        yield from _after_option(_BY_OPTION[command], arguments)
    elif command in _ALL_ARGUMENTS:
        yield from (word for word in arguments if word is None or word[:1] not in {"-", "+"})
    elif command in _READERS:
        for before, word in zip(words, arguments, strict=False):
            if not before or before[:1] != "-" or before[-1] not in _READERS[command]:
                yield word


def _after_option(option: str, arguments: Sequence[str | None]) -> Iterator[str | None]:
    for position, word in enumerate(arguments):
        if word == option:
            yield from arguments[position + 1 : position + 2]
        elif word and word.startswith(option):
            yield word.removeprefix(option)
