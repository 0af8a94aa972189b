"""Findings: the report of a check: problems, warnings and facts."""

from dataclasses import dataclass, field
from typing import Any

from host.errors import JobError, Kind, RefusedError


@dataclass(kw_only=True)
class Report:
    """Problems and warnings are lines that end in a remedy. Facts are values for preflight.json."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    kind: Kind = "configuration"
    """The failure class of the problems."""

    @classmethod
    def of(cls, error: JobError) -> "Report":
        """Return the report of a check that raised."""
        return cls(problems=[str(error)], kind=error.kind)

    def add(self, other: "Report") -> None:
        """Merge another report.

        The class `configuration` wins: a retry cannot succeed, even if other problems pass.
        """
        if other.problems and (not self.problems or other.kind == "configuration"):
            self.kind = other.kind
        self.problems += other.problems
        self.warnings += other.warnings
        self.facts |= other.facts

    def raise_for_problems(self) -> None:
        """Raise RefusedError with all problems, if there are any."""
        if self.problems:
            raise RefusedError("\n".join(self.problems), kind=self.kind)
