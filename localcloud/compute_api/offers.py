"""Offers: what each zone has of the catalogue. A test can take something away from one.

On Google Cloud no zone has all that its region has, and what one has changes over the years.
"""

from dataclasses import dataclass

from localcloud.compute_api import catalogue


@dataclass(frozen=True, kw_only=True)
class Lack:
    """A machine type, disk type or CPU platform that a zone lacks, for a project or (None) all."""

    zone: str
    name: str
    project: str | None = None

    def __post_init__(self) -> None:
        if self.zone not in catalogue.ZONES:
            raise ValueError(f"zone: {self.zone!r} is none of the catalogue")
        offered = (*catalogue.MACHINE_TYPES, *catalogue.DISK_TYPES, *catalogue.CPU_PLATFORMS)
        if self.name not in offered:
            raise ValueError(f"name: {self.name!r} is nothing that the catalogue has")


class Offers:
    """The catalogue without what zones lack."""

    def __init__(self) -> None:
        self._lacks: set[Lack] = set()

    def withdraw(self, lack: Lack) -> None:
        """Take something away from a zone; instances that have it keep it."""
        self._lacks.add(lack)

    def restore(self, zone: str) -> None:
        """Let a zone have everything again."""
        self._lacks = {lack for lack in self._lacks if lack.zone != zone}

    def has(self, project: str, zone: str, name: str) -> bool:
        """Say whether a zone offers a name of the catalogue to a project."""
        return not any(
            lack.zone == zone and lack.name == name and lack.project in {None, project}
            for lack in self._lacks
        )

    def of(self, project: str, zone: str, names: tuple[str, ...]) -> list[str]:
        """List those of the names that a zone offers to a project, in their order."""
        return [name for name in names if self.has(project, zone, name)]
