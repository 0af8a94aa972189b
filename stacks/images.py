"""Images: the images of the nodes' boot disks."""

import re

from stacks.platforms import PLATFORMS
from stacks.settings import Settings

IMAGE = re.compile(
    r"(?:https://(?:www|compute)\.googleapis\.com/compute/v1/)?"
    r"(?:projects/(?P<p1>[^/]+)/global/images/(?!family/)(?P<n1>[^/]+)|(?P<p2>[^/]+)/(?P<n2>[^/]+))"
)
"""Matches one image by name or link. A family is no fixed image."""


def image_path(settings: Settings) -> str:
    """Return the full path of an image or family, so that the provider need not guess the kind."""
    match = IMAGE.fullmatch(settings.image)
    if match:
        project, name = match["p1"] or match["p2"], match["n1"] or match["n2"]
        return f"projects/{project}/global/images/{name}"
    platform = PLATFORMS[settings.operating_system]
    return f"projects/{platform.image_project}/global/images/family/{platform.image_family}"
