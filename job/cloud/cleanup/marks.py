"""Marks: determine the owner of a resource by its labels, description or name.

The mark decides. The name decides only where no mark is possible (a disk that outlived its
instance) and, for the one stack that is asked for, if a resource has neither mark nor description.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from job.cloud.kinds import Kind
from job.cloud.stack import Stack
from stacks.baked_images import ROLE_LABEL, family_of
from stacks.naming import ROLES, Owner, marked, owner_of_instance


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One stack, or all stacks of a cluster name."""

    cluster: str
    stack: str = ""
    """Empty: all stacks."""
    region: str = ""
    """Leave out stacks with resources in another region; empty: any region."""
    by_name: bool = False
    """Accept the stack's exact names without a mark. Requires `spared` to be known."""
    spared: frozenset[str] = field(default_factory=frozenset)
    """Existing networks of the stack, never deleted: `networks/NAME`, `subnetworks/NAME`."""

    def owner(self, kind: Kind, body: Mapping[str, Any]) -> Owner | None:
        """Return the owner of a resource if it is in scope."""
        name = body["name"]
        if f"{kind.collection}/{name}" in self.spared:
            return None
        owner = marked(body)
        if owner is None and kind.bears_marks:
            owner = self._by_name(kind, body)
        elif owner is None and not body.get("users"):
            # Infer the owner of an unattached disk from its name.
            owner = owner_of_instance(self.cluster, name)
        if owner and owner.cluster == self.cluster and self.stack in {"", owner.stack}:
            return owner
        return None

    @property
    def has_images(self) -> bool:
        """Whether images are in scope: no stack and no region owns one, but all stacks together."""
        return not self.stack and not self.region

    def is_failed_image(self, body: Mapping[str, Any]) -> bool:
        """Tell whether an image is what a failed bake has left of one.

        Any other image may be in use: a stack starts from the READY ones, and a bake still makes
        the PENDING ones.
        """
        families = {family_of(self.cluster, role) for role in ROLES}
        is_ours = body.get("family") in families and ROLE_LABEL in body.get("labels", {})
        return self.has_images and is_ours and body["status"] == "FAILED"

    def _by_name(self, kind: Kind, body: Mapping[str, Any]) -> Owner | None:
        """Return the asked-for stack if the resource has exactly one of its names."""
        owner = Owner(self.cluster, self.stack)
        named = self.by_name and self.stack and not body.get("description")
        return owner if named and body["name"] in owner.names().get(kind.collection, ()) else None


def scope_of(stack: Stack) -> Scope:
    """Return the scope of a staged stack."""
    existing = {
        "networks": stack.settings.existing_network,
        "subnetworks": stack.settings.existing_subnetwork,
    }
    return Scope(
        cluster=stack.settings.cluster_name,
        stack=stack.name,
        by_name=True,
        spared=frozenset(f"{kind}/{name}" for kind, name in existing.items() if name),
    )
