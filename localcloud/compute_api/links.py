"""Links: how resources name each other.

A path is relative to the API's version: projects/P/global/networks/N. A link is a path on Google's
host; that host is part of the contract (provider plugins compare an image's link with it), whatever
address the double listens on.
"""

import re

from localcloud.compute_api import errors

BASE = "https://www.googleapis.com/compute/v1/"

_HOST = re.compile(r"^https?://[^/]+/compute/(?:v1|beta|alpha)/")
_PROJECT = re.compile(r"^projects/[^/]+/")
_SHORT = re.compile(r"^(?:global|zones|regions)/")
_NAME = re.compile(errors.NAME_REGEX)


def link(path: str) -> str:
    """Turn a path into the link that responses carry."""
    return BASE + path


def relative(value: str) -> str:
    """Cut a link down to its path; a path stays as it is."""
    return _HOST.sub("", value)


def name_of(value: str) -> str:
    """Give the last part of a path or link."""
    return value.rsplit("/", 1)[-1]


def location_of(path: str) -> str:
    """Give the scope of a path: global, regions/R or zones/Z."""
    parts = path.split("/")
    return "global" if parts[2] == "global" else "/".join(parts[2:4])


def region_of(zone: str) -> str:
    """Give the region of a zone by its name: us-east4-a is in us-east4."""
    return zone.rsplit("-", 1)[0]


def join(project: str, scope: str, collection: str, name: str) -> str:
    """Build a path."""
    return f"projects/{project}/{scope}/{collection}/{name}"


def check_name(name: object, field: str = "resource.name") -> str:
    """Return the name or refuse it."""
    if not name:
        raise errors.required(field)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise errors.invalid_name(field, name)
    return name


def resolve(value: str, field: str, project: str, collection: str) -> str:
    """Turn a reference in a body into a path of the given collection.

    Like the service, it takes a link, a full path or a path without its project, and refuses a
    bare name.
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
