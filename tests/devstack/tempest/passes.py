"""Passes: which tests run, by the files of patterns in this folder.

The first pass has all selected tests. One more pass for each zone has the tests that must work in
each, with all servers and volumes in that zone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from host.errors import RefusedError
from tests.devstack.tempest import patterns

_HERE = Path(__file__).parent
SELECTED = _HERE / "selected.txt"
IN_EACH_ZONE = _HERE / "in-each-zone.txt"
EXCLUDED = _HERE / "excluded.txt"


@dataclass(frozen=True, kw_only=True)
class Pass:
    """A run of some tests."""

    name: str
    tests: tuple[str, ...]
    zone: str = ""
    """The zone of all servers and volumes; empty if a test may choose."""


def plan(tests: Sequence[str], zones: Sequence[str], only: str) -> list[Pass]:
    """Return the passes that have a test. Raises RefusedError if there are none."""
    left_out = set(patterns.matching(tests, patterns.read(EXCLUDED)))
    wanted = [test for test in tests if test not in left_out and re.search(only, test)]
    in_each = tuple(patterns.matching(wanted, patterns.read(IN_EACH_ZONE)))
    passes = [
        Pass(name="tempest", tests=tuple(patterns.matching(wanted, patterns.read(SELECTED)))),
        *(Pass(name=f"tempest in {zone}", tests=in_each, zone=zone) for zone in zones),
    ]
    if not (found := [each for each in passes if each.tests]):
        raise RefusedError(f"--only: '{only}' matches none of the tests in {SELECTED.name}")
    return found


def idle(tests: Sequence[str]) -> Iterator[str]:
    """Yield a line for each pattern that matches no test."""
    for file in (SELECTED, IN_EACH_ZONE, EXCLUDED):
        for pattern in patterns.idle(tests, patterns.read(file)):
            yield f"{file.name}: {pattern.text} matches no test; correct or remove it"
