"""Node: a Compute Engine instance that cloud-init turns into one DevStack host."""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

_REPLACE_ON = [
    # cloud-init reads user data once per instance ID, so a change needs a new instance.
    'metadata["user-data"]',
    # The provider would stop the instance to change these, and DevStack would not survive that.
    "machineType",
    "minCpuPlatform",
    "advancedMachineFeatures",
]


@dataclass(frozen=True, kw_only=True)
class NodeArgs:
    """Plain types are decided by Settings, Inputs by other resources."""

    instance: str
    """Name of the instance, and of its boot disk."""
    hostname: str
    """Fully qualified, as Compute Engine requires of a custom host name."""
    zone: str
    machine_type: str
    min_cpu_platform: str
    image: str
    boot_disk_gib: int
    boot_disk_type: str
    spot: bool
    labels: dict[str, str]
    tags: tuple[str, ...]
    subnetwork: pulumi.Input[str]
    internal_ip: pulumi.Input[str]
    external_ip: pulumi.Input[str] | None
    user_data: pulumi.Input[str]
    egress: compute.RouterNat | None
    """The NAT of a node without external address."""
    create_timeout_s: int


class Node(pulumi.ComponentResource):
    """An instance with nested virtualization, a fixed internal and perhaps an external IP.

    `user-data` is its only metadata; it has no service account, so no token of the project.
    """

    instance_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: NodeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("devstack:gcp:Node", name, None, opts)
        instance = compute.Instance(
            name,
            name=args.instance,
            # Google's own agents would else set the instance's name over cloud-init's.
            hostname=args.hostname,
            zone=args.zone,
            machine_type=args.machine_type,
            min_cpu_platform=args.min_cpu_platform or None,
            advanced_machine_features=compute.InstanceAdvancedMachineFeaturesArgs(
                enable_nested_virtualization=True
            ),
            # The controller routes floating addresses, which are not its own.
            can_ip_forward=True,
            # No labels: a changed one would replace the node. The disk is deleted with the node.
            boot_disk=compute.InstanceBootDiskArgs(
                initialize_params=compute.InstanceBootDiskInitializeParamsArgs(
                    image=args.image,
                    size=args.boot_disk_gib,
                    type=args.boot_disk_type,
                )
            ),
            network_interfaces=[
                compute.InstanceNetworkInterfaceArgs(
                    subnetwork=args.subnetwork,
                    network_ip=args.internal_ip,
                    access_configs=[
                        compute.InstanceNetworkInterfaceAccessConfigArgs(nat_ip=args.external_ip)
                    ]
                    if args.external_ip
                    else [],
                )
            ],
            scheduling=_SPOT if args.spot else None,
            labels=args.labels,
            tags=list(args.tags),
            metadata={"user-data": args.user_data},
            opts=pulumi.ResourceOptions(
                parent=self,
                # After a killed run a refresh reads it back, in plain text in state and events.
                additional_secret_outputs=["metadata"],
                depends_on=[args.egress] if args.egress else [],
                replace_on_changes=_REPLACE_ON,
                # Two instances cannot have the same name and internal IP.
                delete_before_replace=True,
                # A full zone may answer 503, which the provider would retry for 20 minutes.
                custom_timeouts=pulumi.CustomTimeouts(create=f"{args.create_timeout_s}s"),
            ),
        )
        self.instance_id = instance.instance_id
        self.register_outputs({"instance_id": self.instance_id})


_SPOT = compute.InstanceSchedulingArgs(
    provisioning_model="SPOT",
    preemptible=True,
    automatic_restart=False,
    # A node that stopped in the middle cannot be mended, only replaced.
    instance_termination_action="DELETE",
)
