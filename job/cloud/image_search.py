"""Image search: find the newest baked image that fits a role's key, or say why none does.

An image fits if its labels have the role and the key, if it is READY, and if it is not too old. If
none fits, the reason names the nearest one, which has the fewest differing parts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from googleapiclient.errors import HttpError

from host.errors import JobError
from job.cloud.compute import refusal_of
from stacks.baked_images import ROLE_LABEL, BakedImage, read
from stacks.image_key import ImageKey, count_differences, image_key, name_differences
from stacks.naming import Role
from stacks.settings import Settings

Get = Callable[[Any], dict[str, Any]]
"""Sends a request with retries, as `compute.ask` does."""

_REMEDY = (
    "give the account roles/compute.imageUser there, or name another devstack:bakedImageProject"
)
_FORBIDDEN, _NOT_FOUND = 403, 404


class UnreadableError(JobError):
    """The images of a project cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The image that fits, or the reason why there is none."""

    image: BakedImage | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ImageSearch:
    """A search with Google's client of the Compute API, for valid settings."""

    client: Any
    settings: Settings
    get: Get

    @property
    def project(self) -> str:
        """The project of the images."""
        return self.settings.baked_image_project or self.settings.project

    def newest(self, role: Role, now: datetime) -> Finding:
        """Find the newest image that fits. Raises UnreadableError, JobError without an answer."""
        key = image_key(self.settings, role)
        images = sorted(self._list(role), key=lambda image: image.created, reverse=True)
        if not images:
            return Finding(reason=f"there is none in {self.project}")
        for image in images:
            if image.key == key.digest:
                return self._if_young(image, now)
        return Finding(reason=_nearest(images, key))

    def fits(self, reference: str, role: Role) -> bool:
        """Tell whether the image PROJECT/NAME, which a node was started from, has the key.

        An image that is gone fits: it cannot be compared, and the node may still run.
        """
        project, _, name = reference.partition("/")
        try:
            body = self._ask(self.client.images().get(project=project, image=name), project)
        except _MissingError:
            return True
        image = read(body, role)
        return image is None or image.key == image_key(self.settings, role).digest

    def check_readable(self) -> None:
        """Raise UnreadableError if the account may not list the images."""
        self._ask(self.client.images().list(project=self.project, maxResults=1), self.project)

    def _if_young(self, image: BakedImage, now: datetime) -> Finding:
        age, limit = image.age_days(now), self.settings.baked_image_max_age_days
        if age <= limit:
            return Finding(image=image)
        return Finding(
            reason=f"the newest that fits is {age} days old, and bakedImageMaxAgeDays is {limit}"
        )

    def _list(self, role: Role) -> Iterator[BakedImage]:
        methods = self.client.images()
        wanted = f"labels.{ROLE_LABEL}={role}"
        request = methods.list(project=self.project, filter=wanted)
        while request is not None:
            answer = self._ask(request, self.project)
            for body in answer.get("items", []):
                if image := read(body, role):
                    yield image
            request = methods.list_next(request, answer)

    def _ask(self, request: Any, project: str) -> dict[str, Any]:
        try:
            return self.get(request)
        except HttpError as error:
            refusal = refusal_of(error)
            kind = _MissingError if refusal.status == _NOT_FOUND else UnreadableError
            text = f"images in {project} cannot be read: {refusal.message.rstrip('.')}"
            closed = refusal.status in {_FORBIDDEN, _NOT_FOUND}
            remedy = _REMEDY if closed else "try again later"
            raise kind(f"{text} ({refusal.code}); {remedy}", kind=refusal.kind) from None


class _MissingError(UnreadableError):
    """The image, or the project, does not exist."""


def _nearest(images: list[BakedImage], key: ImageKey) -> str:
    """Name the image with the fewest differences, the newest of several."""
    image = min(images, key=lambda each: count_differences(each.parts, key.parts))
    if not image.parts:
        return f"nearest {image.name} does not say what made it"
    named = name_differences(image.parts, key.parts) or "its key alone"
    return f"nearest {image.name} differs in {named}"
