"""Node images: an image of each sealed node of another stack, for stacks to start from.

They are in a stack of their own, so that nothing that takes the nodes down can reach them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pulumi
from pulumi_gcp import compute

from stacks.baked_images import describe, family_of, labels_of, name_of
from stacks.image_key import image_key
from stacks.naming import Owner, Role
from stacks.roles import node_roles
from stacks.settings import Settings

_TIMEOUT = pulumi.CustomTimeouts(create="60m")
"""A disk of 500 GiB takes a few minutes; an image that is not READY in an hour never will be."""


@dataclass(frozen=True, kw_only=True)
class NodeImageArgs:
    """What one image is made from, and by what it is found."""

    name: str
    family: str
    project: str
    source_disk: str
    """Path of the disk, which no running instance may use."""
    labels: dict[str, str]
    description: str


class NodeImages(pulumi.ComponentResource):
    """Images that outlive the stack's state: forgetting it deletes none."""

    images: dict[Role, str]
    """Each image as `PROJECT/NAME`."""

    def __init__(
        self,
        name: str,
        args: Mapping[Role, NodeImageArgs],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("devstack:gcp:NodeImages", name, None, opts)
        for role, image in args.items():
            compute.Image(
                role,
                name=image.name,
                family=image.family,
                project=image.project,
                source_disk=image.source_disk,
                labels=image.labels,
                description=image.description,
                opts=pulumi.ResourceOptions(
                    parent=self, retain_on_delete=True, custom_timeouts=_TIMEOUT
                ),
            )
        self.images = {role: f"{image.project}/{image.name}" for role, image in args.items()}
        self.register_outputs({})


def node_image_args(settings: Settings) -> dict[Role, NodeImageArgs]:
    """Return what `bakedFrom` asks for: an image of each node of that stack, by role."""
    nodes = Owner(settings.cluster_name, settings.baked_from)
    time, _, suffix = settings.baked_at.rpartition("-")
    now = datetime.strptime(f"{time} +0000", "%Y%m%d-%H%M%S %z")
    made = {}
    for role, node in node_roles(settings).items():
        key = image_key(settings, role)
        disk = f"zones/{node.zone}/disks/{nodes.instance(role)}"
        made[role] = NodeImageArgs(
            name=name_of(settings.cluster_name, role, now, suffix),
            family=family_of(settings.cluster_name, role),
            project=settings.baked_image_project or settings.project,
            source_disk=f"projects/{settings.project}/{disk}",
            labels=labels_of(role, key, settings.release, now),
            description=describe(key, _commits(settings, role)),
        )
    return made


def _commits(settings: Settings, role: Role) -> dict[str, str]:
    """Return the commits of one node by repository."""
    pairs = (entry.removeprefix(f"{role}/") for entry in settings.baked_commits)
    return dict(pair.split("=", 1) for pair in pairs if "/" not in pair)
