r"""Exclusions: tests of other projects that are left out of a run, each for a stated reason.

A line of the file is `REGEX  # REASON`. The regex may match anywhere in a test's name. Empty lines
and lines that begin with # are comments. A line without a reason is refused.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from host.errors import RefusedError

_LINE = re.compile(r"(?P<regex>\S+)\s+#\s+(?P<reason>\S.*)")


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """Tests whose names match a pattern, and the reason to leave them out."""

    pattern: re.Pattern[str]
    reason: str


def read(path: Path) -> tuple[Exclusion, ...]:
    """Return the exclusions of a file. Raises RefusedError for a line that is not in the form."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{path.name}:{number}"
        match = _LINE.fullmatch(line)
        if match is None:
            raise RefusedError(f"{where}: {line!r} has no reason; write REGEX  # REASON")
        try:
            pattern = re.compile(match["regex"])
        except re.error as error:
            raise RefusedError(f"{where}: {match['regex']!r} is no regex: {error}") from error
        found.append(Exclusion(pattern=pattern, reason=match["reason"].strip()))
    return tuple(found)


def reason(exclusions: Iterable[Exclusion], name: str) -> str:
    """Return the reason to leave a test out; empty if it shall run."""
    return next((each.reason for each in exclusions if each.pattern.search(name)), "")


def unused(exclusions: Iterable[Exclusion], names: Iterable[str]) -> list[str]:
    """Return the regexes that match no name: their tests were renamed or removed."""
    known = tuple(names)
    return [
        each.pattern.pattern
        for each in exclusions
        if not any(each.pattern.search(name) for name in known)
    ]
