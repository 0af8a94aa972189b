"""Baked images: choose the image that each node starts from, as `bakedImages` says.

A node that exists keeps its image, because another one would replace the node. If its image does
not fit the settings any more, the changed settings replace the node anyway, so another image is
chosen. An image that a person names in the settings is never replaced by another choice.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from host.errors import JobError
from job.cloud import configuration
from job.cloud.engine.failures import Failure, failures
from job.cloud.engine.pulumi import Pulumi
from job.cloud.engine.refusal import Refusal
from job.cloud.place import place_of
from job.cloud.zones import INSTANCE, Resource
from stacks.baked_images import BakedImage, has_our_form
from stacks.naming import Role
from stacks.problems import key_of
from stacks.settings import Settings

if TYPE_CHECKING:
    from job.cloud.image_search import ImageSearch

_Search = Callable[[], "ImageSearch"]
_OTHERWISE = "set devstack:bakedImages to prefer to build without one"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class BakedImages:
    """The image of each node by role. A node without an image is built."""

    pulumi: Pulumi
    now: Callable[[], datetime] = _now
    _chosen: dict[Role, str] = field(default_factory=dict)
    """PROJECT/NAME of the images that no setting names; empty: none."""

    def choose(self, resources: Iterable[Resource], built: Collection[Role] = ()) -> None:
        """Choose an image for each node that is not to be `built`.

        Raises JobError if the settings require one and there is none. Invalid settings are left
        alone, because the program reports their problems.
        """
        stack = self.pulumi.stack
        present = _images(resources)
        if stack.settings.baked_images == "never" and not built and not any(present.values()):
            return
        settings, problems = configuration.parse(
            stack.configuration, stack=stack.name, project=stack.settings.project
        )
        if problems:
            return
        search = cache(partial(self._search, settings))
        for role in settings.roles:
            if role in built:
                self._chosen[role] = ""
                continue
            if getattr(settings, f"{role}_baked_image"):
                continue
            image = present.get(role)
            if image is None or (image and not self._still_fits(image, role, search)):
                image = self._new(role, settings.baked_images, search)
            self._chosen[role] = image
        self._stage()

    def move_on(self, event_logs: Sequence[Path], say: Callable[[str], object]) -> bool:
        """Build the nodes whose images were gone, if the last run failed for nothing else.

        A node that has to leave its zone is no other failure: the next run shows it again. Returns
        False otherwise. Raises JobError if the settings require an image.
        """
        failed = [each for log in event_logs[-1:] for each in failures(log)]
        lost = {role: refusal for role, refusal in _lost(failed) if self._chosen.get(role)}
        others = [
            each
            for each in failed
            if not each.refusal.is_of_zone and not (each.refusal.is_of_image and each.name in lost)
        ]
        if not lost or others:
            return False
        for role in sorted(lost):
            gone = f"{role}: image {self._chosen[role]} cannot be used ({lost[role].gist})"
            if self.pulumi.stack.settings.baked_images == "require":
                raise JobError(f"{gone}; run 'up' again to choose another one, or {_OTHERWISE}")
            say(f"{gone}; building it")
            self._chosen[role] = ""
        self._stage()
        return True

    def _still_fits(self, image: str, role: Role, search: _Search) -> bool:
        try:
            return search().fits(image, role)
        except JobError:
            # It cannot be compared. Another choice might replace a node that works.
            self.pulumi.ending.check()
            return True

    def _new(self, role: Role, choice: str, search: _Search) -> str:
        """Choose the image of a new node; empty if it is to be built."""
        if choice == "never":
            return ""
        try:
            found = search().newest(role, self.now())
        except JobError as error:
            self.pulumi.ending.check()
            reason, remedy, kind = str(error), "or", error.kind
        else:
            if image := found.image:
                self.pulumi.tell(f"{role}: from image {image.name} ({self._age(image)})")
                return image.reference
            reason = f"no baked image fits; {found.reason}"
            remedy, kind = "bake one with these settings, or", "configuration"
        if choice == "require":
            raise JobError(f"{role}: {reason}; {remedy} {_OTHERWISE}", kind=kind)
        self.pulumi.tell(f"{role}: {reason}; building it")
        return ""

    def _age(self, image: BakedImage) -> str:
        days = image.age_days(self.now())
        return f"built {days} day{'s' if days > 1 else ''} ago" if days else "built today"

    def _search(self, settings: Settings) -> "ImageSearch":
        from job.cloud import compute, image_search  # noqa: PLC0415 - 0.2 s of Google's client

        return image_search.ImageSearch(
            client=compute.connect(place_of(self.pulumi.stack)),
            settings=settings,
            get=partial(compute.ask, sleep=self.pulumi.ending.wait),
        )

    def _stage(self) -> None:
        images = {key_of(f"{role}_baked_image"): image for role, image in self._chosen.items()}
        self.pulumi.stack.override(images)


def _lost(failed: Iterable[Failure]) -> Iterator[tuple[Role, Refusal]]:
    """Yield the nodes whose image could not be used, and why."""
    for each in failed:
        if each.type == INSTANCE and each.refusal.is_of_image:
            # The program gives its instances no other names.
            yield cast("Role", each.name), each.refusal


def _images(resources: Iterable[Resource]) -> dict[Role, str]:
    """Return PROJECT/NAME of each present node's baked image; empty for a node that was built."""
    found: dict[Role, str] = {}
    for resource in resources:
        if resource["type"] == INSTANCE and not resource.get("delete"):
            role = cast("Role", resource["urn"].rpartition("::")[2])
            found[role] = _reference(resource["inputs"])
    return found


def _reference(inputs: Mapping[str, Any]) -> str:
    """Return PROJECT/NAME of an instance's image if its name is that of a baked one."""
    path: str = inputs.get("bootDisk", {}).get("initializeParams", {}).get("image", "")
    project, _, name = path.removeprefix("projects/").partition("/global/images/")
    return f"{project}/{name}" if has_our_form(name) else ""
