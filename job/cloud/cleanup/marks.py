"""Marks: whose a resource is, by the labels, description and name that the program gives it.

A mark decides; a name only does where there can be none (a disk that outlived its instance), and,
for the one stack that somebody asks for, where a resource has neither mark nor description.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from job.cloud.kinds import Kind
from job.cloud.stack import Stack
from stacks.naming import Owner, marked, owner_of_instance


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Whose resources are meant: one stack's, or those of all stacks of a cluster name."""

    cluster: str
    stack: str = ""
    """Empty: any."""
    region: str = ""
    """Only stacks that have nothing in another region; empty: any."""
    by_name: bool = False
    """Whether the stack's exact names do where there is no mark. It must be known what to spare."""
    spared: frozenset[str] = field(default_factory=frozenset)
    """Existing networks that the stack uses: `networks/NAME`, `subnetworks/NAME`."""

    def owner(self, kind: Kind, body: Mapping[str, Any]) -> Owner | None:
        """The owner of a resource if it is one of those meant."""
        name = body["name"]
        if f"{kind.collection}/{name}" in self.spared:
            return None
        owner = marked(body)
        if owner is None and kind.bears_marks:
            owner = self._by_name(kind, body)
        elif owner is None and not body.get("users"):
            # Only a disk that nobody uses has to go by its name.
            owner = owner_of_instance(self.cluster, name)
        return owner if owner and self._means(owner) else None

    def _means(self, owner: Owner) -> bool:
        return owner.cluster == self.cluster and self.stack in {"", owner.stack}

    def _by_name(self, kind: Kind, body: Mapping[str, Any]) -> Owner | None:
        """Return the asked-for stack if the resource has exactly one of its names."""
        owner = Owner(self.cluster, self.stack)
        named = self.by_name and self.stack and not body.get("description")
        return owner if named and body["name"] in owner.names().get(kind.collection, ()) else None


def scope_of(stack: Stack) -> Scope:
    """What is meant by a staged stack."""
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
