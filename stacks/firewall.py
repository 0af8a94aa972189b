"""Firewall: ingress rules by network tags, one for each group. Closed by default."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from stacks.naming import Group, Owner


@dataclass(frozen=True)
class Allow:
    """One rule: protocols with ports, source ranges, and the tag of the target instances."""

    group: Group
    protocols: dict[str, tuple[str, ...]]
    source_ranges: Sequence[pulumi.Input[str]]
    target_tag: str


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """The rules to create. One without source ranges would admit everybody and is left out."""

    owner: Owner
    network: pulumi.Input[str]
    rules: tuple[Allow, ...]


class Firewall(pulumi.ComponentResource):
    """Ingress rules of one network. `rules` has the created ones, by group."""

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
