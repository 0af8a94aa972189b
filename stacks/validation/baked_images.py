"""Baked images: the choice, its project and age, and images that a person names."""

import re
from collections.abc import Iterator

from stacks.images import IMAGE
from stacks.problems import Problem, problem
from stacks.settings import Settings

_AT = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-z]{4}")
_COMMIT = re.compile(r"(?:controller|worker)/[-.\w]+=[0-9a-f]+")
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
    if settings.baked_from:
        yield from _check_bake(settings)


def _check_bake(settings: Settings) -> Iterator[Problem]:
    """Yield the problems of what `bake` sets."""
    remedy = "run 'python -m job bake', which sets it"
    if not _AT.fullmatch(settings.baked_at):
        yield problem("baked_at", f"'{settings.baked_at}' is no time with a suffix", remedy)
    for commit in settings.baked_commits:
        if not _COMMIT.fullmatch(commit):
            yield problem("baked_commits", f"'{commit}' is not ROLE/PROJECT=COMMIT", remedy)
