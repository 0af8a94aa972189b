"""Images: spellings of an instance's image, and which of them mean the same image.

State has the link of the image that the disk was created from. A program may give a link, a path, a
name or a family. A newer image in the family is not a change, so that it replaces no instance.
"""

import re
from collections.abc import Iterator

from localcloud.plugins.gcp.client import Compute
from localcloud.plugins.provider import ProviderError

_LINK = re.compile(
    r"^https://(?:www\.googleapis\.com|compute\.[\w.-]+)/compute/[a-z0-9]+/"
    r"projects/(?P<project>[^/]+)/global/images/(?P<name>[-\w]+)"
)
_NAMED = re.compile(
    r"(?:projects/(?P<project>[^/]+)/)?global/images/(?P<family>family/)?(?P<name>[-\w]+)$"
)
_SHORT = re.compile(r"^(?:(?P<project>[^/]+)/)?(?P<name>[-\w]+)$")
_UBUNTU = re.compile(r"^ubuntu-(minimal-)?(\d+)(?:.*(arm64|amd64))?.*$")
_COS = re.compile(r"^cos-(\d+)-")

# Public projects by the word in a family's name. Without a project the real plugin tries these.
_PUBLIC = {
    "centos": "centos-cloud",
    "debian": "debian-cloud",
    "rhel": "rhel-cloud",
    "rocky-linux": "rocky-linux-cloud",
    "sles": "suse-cloud",
    "ubuntu": "ubuntu-os-cloud",
}


def same_image(old: str, new: str) -> bool:
    """Tell whether a disk created from image `old` (a link) satisfies the input `new`.

    As in the real plugin the names alone decide, without a request: an image's name contains that
    of its family.
    """
    image = _LINK.match(old)
    if image is None:
        return False
    if named := _NAMED.search(new):
        same = _in_family if named["family"] else _equal
        return _same_project(image["project"], named["project"]) and same(
            image["name"], named["name"]
        )
    if new.startswith("family/"):
        return _in_family(image["name"], new.removeprefix("family/"))
    if short := _SHORT.match(new):
        return _same_project(image["project"], short["project"]) and (
            _equal(image["name"], short["name"]) or _in_family(image["name"], short["name"])
        )
    return False


def resolve(compute: Compute, project: str, image: str) -> str:
    """Return the path of the image to create a disk from.

    A link or a path is returned as it is. Another name is looked up, first as an image, then as a
    family. Raises ProviderError if there is neither.
    """
    # A path that does not exist is refused by the API itself.
    if _LINK.match(image):
        return image
    if named := _NAMED.search(image):
        return named[0]
    for owner, name, family in _candidates(project, image):
        home = f"projects/{owner}/global/images"
        if name and compute.find("images", project=owner, image=name):
            return f"{home}/{name}"
        if compute.find("images", "getFromFamily", project=owner, family=family):
            return f"{home}/family/{family}"
    raise ProviderError(
        f"Error resolving image name '{image}': Could not find image or family {image}"
    )


def _candidates(project: str, image: str) -> Iterator[tuple[str, str | None, str]]:
    """Yield what a short name may mean, in order: project, image or None, and family."""
    family = image.removeprefix("family/")
    short = _SHORT.match(family)
    if short is None:
        return
    name = None if image.startswith("family/") else short["name"]
    yield short["project"] or project, name, short["name"]
    if not short["project"]:
        owners = [owner for word, owner in _PUBLIC.items() if word in image]
        for owner in owners[:1]:
            yield owner, name, short["name"]


def _equal(name: str, wanted: str) -> bool:
    return name == wanted


def _same_project(old: str, new: str | None) -> bool:
    # The real plugin accepts `debian/NAME` for `debian-cloud/NAME`.
    return new is None or old in (new, _PUBLIC.get(new))


def _in_family(image: str, family: str) -> bool:
    for architecture in ("amd64", "arm64"):
        suffix = f"-{architecture}"
        # An arm64 image is compared with families of arm64 alone.
        if architecture == "amd64" and "-arm64" in image:
            continue
        if family.removesuffix(suffix) in image:
            # debian-12-bookworm-v20260101 is in debian-12, …-arm64-v20260101 in debian-12-arm64.
            return (suffix in image) == family.endswith(suffix)
    if ubuntu := _UBUNTU.match(image):
        # ubuntu-2404-noble-amd64-v20260101 is in ubuntu-2404-lts-amd64.
        parts = [f"ubuntu-{ubuntu[1] or ''}{ubuntu[2]}-lts", *filter(None, [ubuntu[3]])]
        return family == "-".join(parts)
    return False
