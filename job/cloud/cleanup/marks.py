"""Marks: whose a resource is, by what the program gives it from the moment on that it exists.

Labels where a kind gets them at its creation, else the description, which says the same. A mark
decides; a name only does where there can be none (a disk that outlived its instance), and, for
the one stack that somebody asks for, where a resource has neither mark nor description.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from job.cloud.stack import Stack

_CLUSTER, _STACK = "devstack-cluster", "devstack-stack"
_DESCRIPTION = re.compile(rf"{_CLUSTER}=(?P<cluster>\S+) {_STACK}=(?P<stack>\S+)")
_ROLES = ("controller", "worker")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A REST collection, and what the names of ours in it end in."""

    collection: str
    parameter: str
    """What the API calls the name of one in a request."""
    stage: int
    """What has a lower one goes first; of one stage all go at once."""
    suffixes: tuple[str, ...] = ()
    in_scopes: bool = True
    """Whether it is of zones or regions, and not global."""
    bears_marks: bool = True


INSTANCES = Kind(
    collection="instances",
    parameter="instance",
    stage=0,
    suffixes=tuple(f"-{role}" for role in _ROLES),
)
ROUTERS = Kind(collection="routers", parameter="router", stage=0, suffixes=("-router",))
FIREWALLS = Kind(
    collection="firewalls",
    parameter="firewall",
    stage=0,
    suffixes=tuple(f"-allow-{group}" for group in ("internal", "ssh", "icmp", "http", "neutron")),
    in_scopes=False,
)
# The program makes none, but others may lead to our network.
ROUTES = Kind(collection="routes", parameter="route", stage=0, in_scopes=False)
DISKS = Kind(
    collection="disks",
    parameter="disk",
    stage=1,
    suffixes=tuple(f"-{role}" for role in _ROLES),
    bears_marks=False,
)
ADDRESSES = Kind(
    collection="addresses",
    parameter="address",
    stage=1,
    suffixes=tuple(f"-{role}-{side}" for role in _ROLES for side in ("internal", "external")),
)
SUBNETWORKS = Kind(collection="subnetworks", parameter="subnetwork", stage=2, suffixes=("",))
NETWORKS = Kind(
    collection="networks", parameter="network", stage=3, suffixes=("",), in_scopes=False
)
KINDS = (INSTANCES, ROUTERS, FIREWALLS, ROUTES, DISKS, ADDRESSES, SUBNETWORKS, NETWORKS)


class Owner(NamedTuple):
    """The stack that a resource is of."""

    cluster: str
    stack: str


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
        if owner is not None:
            return owner if self._means(owner) else None
        if kind.bears_marks:
            named = self.by_name and self.stack and not body.get("description")
            exact = {f"{self.cluster}-{self.stack}{suffix}" for suffix in kind.suffixes}
            return Owner(self.cluster, self.stack) if named and name in exact else None
        return self._by_name(kind, body)

    def _means(self, owner: Owner) -> bool:
        return owner.cluster == self.cluster and self.stack in {"", owner.stack}

    def _by_name(self, kind: Kind, body: Mapping[str, Any]) -> Owner | None:
        """Whose a disk is that nobody uses: while an instance has it, it is that one's."""
        if body.get("users"):
            return None
        suffixes = "|".join(map(re.escape, kind.suffixes))
        stack = re.escape(self.stack) or "[a-z][-a-z0-9]*?"
        match = re.fullmatch(rf"{re.escape(self.cluster)}-({stack})(?:{suffixes})", body["name"])
        return Owner(self.cluster, match[1]) if match else None


def marked(body: Mapping[str, Any]) -> Owner | None:
    """The owner that labels or description name."""
    labels = body.get("labels", {})
    if _CLUSTER in labels and _STACK in labels:
        return Owner(labels[_CLUSTER], labels[_STACK])
    match = _DESCRIPTION.fullmatch(body.get("description", ""))
    return Owner(match["cluster"], match["stack"]) if match else None


def names(prefix: str) -> set[str]:
    """Every name that a resource of a stack can have."""
    return {prefix + suffix for kind in KINDS for suffix in kind.suffixes}


def scope_of(stack: Stack) -> Scope:
    """What is meant by a staged stack."""
    existing = {
        "networks": stack.setting("devstack:existingNetwork"),
        "subnetworks": stack.setting("devstack:existingSubnetwork"),
    }
    return Scope(
        cluster=stack.setting("devstack:clusterName"),
        stack=stack.name,
        by_name=True,
        spared=frozenset(f"{kind}/{name}" for kind, name in existing.items() if name),
    )
