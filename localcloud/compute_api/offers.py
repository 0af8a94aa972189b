"""Offers: the part of the catalogue that each zone has.

On Google Cloud no zone has all that its region has, and the offers of a zone change over the years.
Here each zone begins with the whole catalogue, and a test takes something away from one. A lack
with a zone or a name that the catalogue does not have is refused: it would never have an effect.
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
    """The catalogue minus the lacks of each zone."""

    def __init__(self) -> None:
        self._lacks: set[Lack] = set()

    def withdraw(self, lack: Lack) -> None:
        """Take something away from a zone; existing instances and disks keep it."""
        self._lacks.add(lack)

    def restore(self, zone: str) -> None:
        """Forget all lacks of a zone."""
        self._lacks = {lack for lack in self._lacks if lack.zone != zone}

    def has(self, project: str, zone: str, name: str) -> bool:
        """Tell whether a zone offers a name of the catalogue to a project."""
        return not any(
            lack.zone == zone and lack.name == name and lack.project in {None, project}
            for lack in self._lacks
        )

    def of(self, project: str, zone: str, names: tuple[str, ...]) -> list[str]:
        """Return those of the names that a zone offers to a project, in the given order."""
        return [name for name in names if self.has(project, zone, name)]
