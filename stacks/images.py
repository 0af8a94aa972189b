"""Images: what the nodes' boot disks are made of."""

import re

from stacks.platforms import PLATFORMS
from stacks.settings import Settings

IMAGE = re.compile(
    r"(?:https://(?:www|compute)\.googleapis\.com/compute/v1/)?"
    r"(?:projects/(?P<p1>[^/]+)/global/images/(?!family/)(?P<n1>[^/]+)|(?P<p2>[^/]+)/(?P<n2>[^/]+))"
)
"""One image by name or link; never a family, which another image may join."""


def image_path(settings: Settings) -> str:
    """What the boot disk is made of, so that the provider need not guess which kind it is."""
    match = IMAGE.fullmatch(settings.image)
    if match:
        project, name = match["p1"] or match["p2"], match["n1"] or match["n2"]
        return f"projects/{project}/global/images/{name}"
    platform = PLATFORMS[settings.operating_system]
    return f"projects/{platform.image_project}/global/images/family/{platform.image_family}"
