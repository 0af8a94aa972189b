"""Naming: physical names and ownership marks of all resources.

The program creates resources with them; cleanup finds resources by them when the state is lost. A
mark is a pair of labels if the kind gets labels at its creation, else the description. It contains
nothing that may change: Compute Engine replaces a network for a changed description.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

Role = Literal["controller", "worker"]
ROLES: tuple[Role, ...] = get_args(Role)
Group = Literal["internal", "ssh", "icmp", "http", "neutron"]
"""The subject of a firewall rule."""
Side = Literal["internal", "external"]

HOST_DOMAIN = "devstack.internal"
"""Domain of the nodes' host names, which are their roles and the same in every stack.

OpenStack keeps host names in six databases, OVN and RabbitMQ, so a finished node cannot change its
own. docs/decisions/0015-host-names-are-the-roles.md
"""

_CLUSTER, _STACK = "devstack-cluster", "devstack-stack"
_DESCRIPTION = re.compile(rf"{_CLUSTER}=(?P<cluster>\S+) {_STACK}=(?P<stack>\S+)")


class Owner(NamedTuple):
    """A stack as the owner of resources."""

    cluster: str
    stack: str

    @property
    def network(self) -> str:
        """The network's name, the subnetwork's, and the beginning of every other one.

        With the stack in it, two stacks can share a project.
        """
        return f"{self.cluster}-{self.stack}"

    @property
    def node_tag(self) -> str:
        """The network tag of both nodes; each has its own instance name as another."""
        return f"{self.network}-node"

    def instance(self, role: Role) -> str:
        """Return the name of an instance and its boot disk."""
        return f"{self.network}-{role}"

    def address(self, role: Role, side: Side) -> str:
        """Return the name of an address."""
        return f"{self.network}-{role}-{side}"

    def firewall(self, group: Group) -> str:
        """Return the name of a firewall rule."""
        return f"{self.network}-allow-{group}"

    @property
    def router(self) -> str:
        """The name of the router, whose NAT is `nat`."""
        return f"{self.network}-router"

    @property
    def nat(self) -> str:
        """The NAT's name within its router."""
        return f"{self.network}-nat"

    def names(self) -> dict[str, set[str]]:
        """Return all names that resources of the stack can have, by REST collection."""
        instances = {self.instance(role) for role in ROLES}
        return {
            "networks": {self.network},
            "subnetworks": {self.network},
            "routers": {self.router},
            "firewalls": {self.firewall(group) for group in get_args(Group)},
            "addresses": {self.address(role, side) for role in ROLES for side in get_args(Side)},
            "instances": instances,
            "disks": instances,
        }

    @property
    def labels(self) -> dict[str, str]:
        """Ownership marker for resources that get labels at their creation."""
        return {_CLUSTER: self.cluster, _STACK: self.stack}

    @property
    def description(self) -> str:
        """Ownership marker for the others, which cannot be changed later."""
        return " ".join(f"{key}={value}" for key, value in self.labels.items())


def marked(body: Mapping[str, Any]) -> Owner | None:
    """Return the owner that a resource's labels or description name."""
    labels = body.get("labels", {})
    if _CLUSTER in labels and _STACK in labels:
        return Owner(labels[_CLUSTER], labels[_STACK])
    match = _DESCRIPTION.fullmatch(body.get("description", ""))
    return Owner(match["cluster"], match["stack"]) if match else None


def owner_of_instance(cluster: str, name: str) -> Owner | None:
    """Return the stack of that cluster whose instance, or boot disk, has this name."""
    roles = "|".join(ROLES)
    match = re.fullmatch(rf"{re.escape(cluster)}-([a-z][-a-z0-9]*?)-(?:{roles})", name)
    return Owner(cluster, match[1]) if match else None
