"""Links: the names that resources have for each other.

A path is relative to the API's version: projects/P/global/networks/N. A link is a path on Google's
host. That host stays the same whatever address the double listens on: provider plugins compare an
image's link with it, and would replace an instance at each preview if it were another.

References in a body are accepted as links of any host, as full paths and as paths without their
project. A bare name is refused, as the service does: it could be of any zone or region.
"""

import re

from localcloud.compute_api import errors

BASE = "https://www.googleapis.com/compute/v1/"

# Any host and version: clients also build links from the endpoint that they call.
_HOST = re.compile(r"^https?://[^/]+/compute/(?:v1|beta|alpha)/")
_PROJECT = re.compile(r"^projects/[^/]+/")
_SHORT = re.compile(r"^(?:global|zones|regions)/")
_NAME = re.compile(errors.NAME_REGEX)


def link(path: str) -> str:
    """Return the link of a path, as responses have it."""
    return BASE + path


def relative(value: str) -> str:
    """Return the path of a link; a path stays as it is."""
    return _HOST.sub("", value)


def name_of(value: str) -> str:
    """Return the last part of a path or link."""
    return value.rsplit("/", 1)[-1]


def location_of(path: str) -> str:
    """Return the scope of a path: global, regions/R or zones/Z."""
    parts = path.split("/")
    return "global" if parts[2] == "global" else "/".join(parts[2:4])


def region_of(zone: str) -> str:
    """Return the region of a zone by its name: us-east4-a is in us-east4."""
    return zone.rsplit("-", 1)[0]


def join(project: str, scope: str, collection: str, name: str) -> str:
    """Return the path of a resource; scope is global, regions/R or zones/Z."""
    return f"projects/{project}/{scope}/{collection}/{name}"


def check_name(name: object, field: str = "resource.name") -> str:
    """Return the name; refuse a missing one and one that is not an RFC 1035 label."""
    if not name:
        raise errors.required(field)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise errors.invalid_name(field, name)
    return name


def resolve(value: str, field: str, project: str, collection: str) -> str:
    """Return the path of a reference in a body; the resource need not exist.

    Refuses a bare name and a reference to another collection.
    """
    path = relative(value)
    if _SHORT.match(path):
        path = f"projects/{project}/{path}"
    if not _PROJECT.match(path):
        raise errors.invalid(field, value, "The URL is malformed.")
    if f"/{collection}/" not in path:
        raise errors.invalid(
            field, value, f"The URL is malformed. Expected a resource of '{collection}'."
        )
    return path
