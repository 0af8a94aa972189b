"""Problems: the faults of a configuration, each with its remedy."""

from collections.abc import Sequence
from dataclasses import dataclass

from stacks.concealment import conceal_value


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A fault: configuration key, what is wrong, and the remedy.

    The line ends in a public log. It may quote a value, with secrets concealed.
    """

    key: str
    what: str
    remedy: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "what", conceal_value(self.what))

    def __str__(self) -> str:
        return f"{self.key}: {self.what}; {self.remedy}"


class SettingsError(Exception):
    """The configuration is refused; nothing was created. One line a problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def key_of(field_name: str) -> str:
    """Return the configuration key of a field: `devstack:bootDiskGib` for `boot_disk_gib`."""
    first, *rest = field_name.split("_")
    return f"devstack:{first}{''.join(word.capitalize() for word in rest)}"


def problem(field_name: str, what: str, remedy: str) -> Problem:
    """Return a problem of one field of Settings."""
    return Problem(key=key_of(field_name), what=what, remedy=remedy)
