"""Firewall: who reaches the nodes, closed by default; one rule a group, by network tags."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from stacks.naming import Group, Owner


@dataclass(frozen=True)
class Allow:
    """What one rule admits: protocols with ports, from ranges, to instances with a tag."""

    group: Group
    protocols: dict[str, tuple[str, ...]]
    source_ranges: Sequence[pulumi.Input[str]]
    target_tag: str


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """The rules to create; one without source ranges is left out, since it would be a mistake."""

    owner: Owner
    network: pulumi.Input[str]
    rules: tuple[Allow, ...]


class Firewall(pulumi.ComponentResource):
    """Ingress rules of one network. `rules` holds those that exist, by group."""

    rules: dict[Group, compute.Firewall]

    def __init__(
        self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("devstack:gcp:Firewall", name, None, opts)
        self.rules = {
            rule.group: compute.Firewall(
                rule.group,
                name=args.owner.firewall(rule.group),
                network=args.network,
                direction="INGRESS",
                allows=[
                    compute.FirewallAllowArgs(protocol=protocol, ports=list(ports) or None)
                    for protocol, ports in rule.protocols.items()
                ],
                source_ranges=list(rule.source_ranges),
                target_tags=[rule.target_tag],
                description=args.owner.description,
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
            for rule in args.rules
            if rule.source_ranges
        }
        self.register_outputs({})
