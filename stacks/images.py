"""Images: the images of the nodes' boot disks."""

import re

from stacks.naming import Role
from stacks.platforms import PLATFORMS
from stacks.settings import Settings

IMAGE = re.compile(
    r"(?:https://(?:www|compute)\.googleapis\.com/compute/v1/)?"
    r"(?:projects/(?P<p1>[^/]+)/global/images/(?!family/)(?P<n1>[^/]+)|(?P<p2>[^/]+)/(?P<n2>[^/]+))"
)
"""Matches one image by name or link. A family is no fixed image."""


def boot_image(settings: Settings, role: Role) -> str:
    """Return the full path of the image that a node boots: a finished node's, or the system's."""
    baked: str = getattr(settings, f"{role}_baked_image")
    return path_of(baked) if baked else image_path(settings)


def image_path(settings: Settings) -> str:
    """Return the full path of an image or family, so that the provider need not guess the kind."""
    if IMAGE.fullmatch(settings.image):
        return path_of(settings.image)
    platform = PLATFORMS[settings.operating_system]
    return f"projects/{platform.image_project}/global/images/family/{platform.image_family}"


def path_of(image: str) -> str:
    """Return the full path of one image, which is given by name or link. Raises ValueError."""
    match = IMAGE.fullmatch(image)
    if not match:
        raise ValueError(f"'{image}' does not name one image; write PROJECT/NAME")
    project, name = match["p1"] or match["p2"], match["n1"] or match["n2"]
    return f"projects/{project}/global/images/{name}"
