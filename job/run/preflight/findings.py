"""Report: what a check found: what is wrong, what may disappoint, and what is worth keeping."""

from dataclasses import dataclass, field
from typing import Any

from host.errors import JobError, Kind, RefusedError


@dataclass(kw_only=True)
class Report:
    """Problems and warnings, one line each that ends in what to do; facts can be JSON."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    kind: Kind = "configuration"
    """The class of the problems."""

    @classmethod
    def of(cls, error: JobError) -> "Report":
        """The report of a check that ended in an error."""
        return cls(problems=[str(error)], kind=error.kind)

    def add(self, other: "Report") -> None:
        """Take over what another check found.

        A wrong configuration decides the class: no second run mends it, whatever else passes.
        """
        if other.problems and (not self.problems or other.kind == "configuration"):
            self.kind = other.kind
        self.problems += other.problems
        self.warnings += other.warnings
        self.facts |= other.facts

    def raise_for_problems(self) -> None:
        """Raise RefusedError with all problems if there is one."""
        if self.problems:
            raise RefusedError("\n".join(self.problems), kind=self.kind)
