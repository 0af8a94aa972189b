"""Network: a custom-mode VPC for the nodes, their addresses, and Cloud NAT."""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from stacks.naming import Owner, Role


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Plain types are decided by Settings."""

    owner: Owner
    project: str
    region: str
    cidr: str
    mtu: int
    labels: dict[str, str]
    internal_ips: dict[Role, str]
    external_roles: tuple[Role, ...]
    existing_network: str
    existing_subnetwork: str


class Network(pulumi.ComponentResource):
    """A new or an existing network, and the addresses of the nodes by role.

    Nothing of an existing network is created, changed or deleted. It keeps its own router.
    """

    network: pulumi.Output[str]
    subnetwork: pulumi.Output[str]
    nat: compute.RouterNat | None
    internal_ips: dict[Role, pulumi.Input[str]]
    external_ips: dict[Role, pulumi.Output[str]]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("devstack:gcp:Network", name, None, opts)
        self._args = args
        # Names and addresses are fixed, so a resource is deleted before its replacement is created.
        self._opts = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        if args.existing_network:
            self._use_existing()
        else:
            self._create()
        self.external_ips = {
            role: compute.Address(
                f"{role}-external",
                name=args.owner.address(role, "external"),
                region=args.region,
                address_type="EXTERNAL",
                labels=args.labels,
                # The provider sets labels after the creation, and a run may be killed in between.
                description=args.owner.description,
                opts=self._opts,
            ).address
            for role in args.external_roles
        }
        self.register_outputs({"network": self.network, "subnetwork": self.subnetwork})

    def _use_existing(self) -> None:
        args = self._args
        home = f"projects/{args.project}"
        self.network = pulumi.Output.from_input(f"{home}/global/networks/{args.existing_network}")
        self.subnetwork = pulumi.Output.from_input(
            f"{home}/regions/{args.region}/subnetworks/{args.existing_subnetwork}"
        )
        self.nat = None
        # Others use addresses there too, even during the replacement of a node.
        self.internal_ips = {
            role: self._reserve(role, address) for role, address in args.internal_ips.items()
        }

    def _reserve(self, role: Role, address: str) -> pulumi.Output[str]:
        args = self._args
        return compute.Address(
            f"{role}-internal",
            name=args.owner.address(role, "internal"),
            region=args.region,
            address_type="INTERNAL",
            subnetwork=self.subnetwork,
            address=address,
            # No labels: the provider sets them with another operation, and the node would wait
            # 5 s for it.
            description=args.owner.description,
            opts=self._opts,
        ).address

    def _create(self) -> None:
        args = self._args
        network = compute.Network(
            "network",
            name=args.owner.network,
            auto_create_subnetworks=False,
            mtu=args.mtu,
            description=args.owner.description,
            opts=self._opts,
        )
        subnetwork = compute.Subnetwork(
            "subnetwork",
            name=args.owner.network,
            region=args.region,
            network=network.self_link,
            ip_cidr_range=args.cidr,
            description=args.owner.description,
            opts=self._opts,
        )
        router = compute.Router(
            "router",
            name=args.owner.router,
            region=args.region,
            network=network.self_link,
            description=args.owner.description,
            opts=self._opts,
        )
        self.nat = compute.RouterNat(
            "nat",
            name=args.owner.nat,
            region=args.region,
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
            opts=self._opts,
        )
        self.network = network.self_link
        self.subnetwork = subnetwork.self_link
        # Nobody else uses addresses here, so none is reserved, which would delay the nodes.
        self.internal_ips = dict(args.internal_ips)
