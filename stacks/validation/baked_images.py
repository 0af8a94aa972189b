"""Baked images: the choice, its project and age, and images that a person names."""

import re
from collections.abc import Iterator

from stacks.images import IMAGE
from stacks.problems import Problem, problem
from stacks.settings import Settings

_CHOICES = ("never", "prefer", "require")
# Older projects belong to a domain, which precedes the name: example.com:project.
_PROJECT = re.compile(r"(?:[a-z0-9][-a-z0-9.]*:)?[a-z][-a-z0-9]*")


def check(settings: Settings) -> Iterator[Problem]:
    """Yield the problems."""
    if settings.baked_images not in _CHOICES:
        yield problem("baked_images", f"'{settings.baked_images}'", f"use {', '.join(_CHOICES)}")
    project = settings.baked_image_project
    if project and not _PROJECT.fullmatch(project):
        yield problem(
            "baked_image_project",
            f"'{project}' is no project",
            "give the ID of one project, or leave it empty for the stack's own",
        )
    for role in settings.roles:
        key = f"{role}_baked_image"
        image = getattr(settings, key)
        if image and not IMAGE.fullmatch(image):
            yield problem(
                key,
                f"'{image}' does not name one image",
                "write PROJECT/NAME, or leave it empty and set bakedImages",
            )
    for key, unit in (("baked_image_max_age_days", "days"), ("baked_ready_timeout_s", "seconds")):
        if getattr(settings, key) <= 0:
            yield problem(key, f"{getattr(settings, key)} {unit}", "give a positive number")
