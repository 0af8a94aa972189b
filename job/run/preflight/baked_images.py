"""Baked images: check that the images from which nodes may start can be read."""

from typing import Any

from job.cloud.image_search import ImageSearch, UnreadableError
from job.run.preflight.findings import Report
from job.run.preflight.identity import Get
from stacks.settings import Settings


def check(client: Any, settings: Settings, get: Get) -> Report:
    """List an image. A problem if an image is required, else a warning: the nodes are built.

    Whether an image fits is decided by `up`, which knows the nodes that exist.
    """
    if settings.baked_images == "never":
        return Report()
    try:
        ImageSearch(client=client, settings=settings, get=get).check_readable()
    except UnreadableError as error:
        if settings.baked_images == "require":
            return Report.of(error)
        return Report(warnings=[f"{error}; until then, the nodes are built"])
    return Report()
