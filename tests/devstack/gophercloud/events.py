"""Events: the results of a test binary, from the events into which Go's converter turns its output.

A test is a top-level test function: its subtests count as a part of it.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["passed", "failed", "skipped", "excluded"]

_VERDICTS: dict[str, Verdict] = {"pass": "passed", "fail": "failed", "skip": "skipped"}
# Lines of the test framework itself, such as `=== RUN` and `--- PASS`.
_FRAME = re.compile(r"\s*(=== |--- |PASS$|FAIL$)")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
# Words of the line that says why a test failed. Its clean-up prints further lines.
_WHY = re.compile(r"Failure in|[Uu]nable to|[Tt]imed out|panic:|[Ee]rror")


@dataclass(frozen=True, kw_only=True)
class Result:
    """The outcome of one test function."""

    package: str
    test: str
    verdict: Verdict
    seconds: float = 0
    output: str = ""
    """All that it printed; of an excluded test the reason."""

    @property
    def message(self) -> str:
        """The line that says why it failed, else the last line of the output."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        telling = [line for line in lines if self.verdict == "failed" and _WHY.search(line)]
        return next(iter([*telling[-1:], *lines[-1:]]), "")


@dataclass
class _Test:
    output: list[str] = field(default_factory=list)
    verdict: Verdict | None = None
    seconds: float = 0


class Events:
    """The results so far of one package's test binary."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._tests: dict[str, _Test] = {}
        self._rest: list[str] = []

    @staticmethod
    def text(line: str) -> str:
        """Return the output in an event, if it has any."""
        return str(_load(line)["Output"])

    def feed(self, line: str) -> str | None:
        """Take one event in JSON. Return the name of the test that ended by it, if one did."""
        event = _load(line)
        name, _, subtest = event.get("Test", "").partition("/")
        action = event["Action"]
        if not name:
            # A panic's stack may be attributed to no test.
            self._rest.append(event["Output"])
            return None
        test = self._tests.setdefault(name, _Test())
        if action == "output" and not _FRAME.match(event["Output"]):
            test.output.append(event["Output"])
        if subtest or action not in _VERDICTS:
            return None
        test.verdict = _VERDICTS[action]
        test.seconds = event.get("Elapsed", 0)
        return name

    def result(self, name: str) -> Result | None:
        """Return the outcome of a test, or None if it did not begin.

        A test that began and did not end has failed: it panicked, exited or timed out.
        """
        test = self._tests.get(name)
        if test is None:
            return None
        output = "".join(test.output)
        if test.verdict is None:
            output += "".join(self._rest) + "it began and did not end"
        return Result(
            package=self._package,
            test=name,
            verdict=test.verdict or "failed",
            seconds=test.seconds,
            output=output,
        )

    def results(self, names: Iterable[str]) -> list[Result]:
        """Return the outcomes of those tests that began."""
        return [result for name in names if (result := self.result(name))]


def _load(line: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(line)
    return event | {"Output": _COLOUR.sub("", event.get("Output", ""))}
