"""Links: the spellings of a resource's name, and the place where a resource lives."""

import re
from dataclasses import dataclass, replace

_AFTER_HOST = re.compile(r"^.*?(?=projects/)")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a resource is. Empty parts do not apply to its type."""

    project: str = ""
    region: str = ""
    zone: str = ""
    router: str = ""
    name: str = ""

    def parts(self) -> dict[str, str]:
        """Give the parts that apply."""
        return {key: value for key, value in vars(self).items() if value}

    def with_region(self) -> "Place":
        """Complete it: a zone us-east4-a is in region us-east4."""
        return self if self.region else replace(self, region=self.zone.rpartition("-")[0])


def name_of(link: str) -> str:
    """Give the last part."""
    return link.rsplit("/", 1)[-1]


def relative(link: str) -> str:
    """Cut off the host and version: projects/P/…; what has no project stays as it is."""
    return _AFTER_HOST.sub("", link, count=1)


def same_link(old: str, new: str) -> bool:
    """Compare a link in state with an input that may be a name, a path or a link."""
    if "/" not in new:
        return name_of(old) == new
    if "projects/" not in new:
        return relative(old).endswith(f"/{new.lstrip('/')}")
    return relative(old) == relative(new)


def expand(value: str, collection: str, place: Place) -> str:
    """Turn an input into the path that the API takes."""
    if "projects/" in value:
        return relative(value)
    if "/" in value:
        return f"projects/{place.project}/{value.lstrip('/')}"
    home = collection.format(**place.with_region().parts())
    return f"projects/{place.project}/{home}/{value}"
