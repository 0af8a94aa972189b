"""Patterns: files with one regular expression a line, each with the reason why it is there."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from host.errors import RefusedError

_LINE = re.compile(r"(?P<pattern>\S+)\s+# (?P<reason>\S.*)")


@dataclass(frozen=True)
class Pattern:
    """A regular expression that is searched in the ID of a test."""

    text: str
    reason: str

    def matches(self, test: str) -> bool:
        return re.search(self.text, test) is not None


def read(path: Path) -> list[Pattern]:
    """Return the patterns of a file. Raises RefusedError for a line of another form."""
    patterns = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if not found:
            raise RefusedError(f"{path.name}:{number}: no reason; write 'REGEX  # REASON'")
        try:
            re.compile(found["pattern"])
        except re.error as error:
            raise RefusedError(f"{path.name}:{number}: {error}; correct the regex") from None
        patterns.append(Pattern(found["pattern"], found["reason"]))
    return patterns


def matching(tests: Iterable[str], patterns: Iterable[Pattern]) -> list[str]:
    """Return the tests that at least one pattern matches, in their order."""
    patterns = list(patterns)
    return [test for test in tests if any(each.matches(test) for each in patterns)]


def idle(tests: Iterable[str], patterns: Iterable[Pattern]) -> list[Pattern]:
    """Return the patterns that match no test: their tests have a new name, or are gone."""
    tests = list(tests)
    return [each for each in patterns if not any(map(each.matches, tests))]
