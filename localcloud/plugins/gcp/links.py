"""Links: spellings of a resource (name, path or link), and its place."""

import re
from dataclasses import dataclass, replace

_AFTER_HOST = re.compile(r"^.*?(?=projects/)")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The place of a resource. Parts that its type does not have are empty."""

    project: str = ""
    region: str = ""
    zone: str = ""
    router: str = ""
    name: str = ""

    def parts(self) -> dict[str, str]:
        """Return the parts that are not empty, by name."""
        return {key: value for key, value in vars(self).items() if value}

    def with_region(self) -> "Place":
        """Return the place with a region: zone us-east4-a is in region us-east4."""
        return self if self.region else replace(self, region=self.zone.rpartition("-")[0])


def name_of(link: str) -> str:
    """Return the last part of a path or link. A name is returned as it is."""
    return link.rsplit("/", 1)[-1]


def relative(link: str) -> str:
    """Return `projects/P/…` without host and version. A link without a project stays as it is."""
    return _AFTER_HOST.sub("", link, count=1)


def same_link(old: str, new: str) -> bool:
    """Tell whether a link in state and an input (a name, path or link) mean the same resource.

    Parts that the input leaves out are taken as equal.
    """
    if "/" not in new:
        return name_of(old) == new
    if "projects/" not in new:
        return relative(old).endswith(f"/{new.lstrip('/')}")
    return relative(old) == relative(new)


def expand(value: str, collection: str, place: Place) -> str:
    """Return the path for the API. `collection` and `place` complete a name, as in a Field's link.

    An input with a project keeps it.
    """
    if "projects/" in value:
        return relative(value)
    if "/" in value:
        return f"projects/{place.project}/{value.lstrip('/')}"
    home = collection.format(**place.with_region().parts())
    return f"projects/{place.project}/{home}/{value}"
