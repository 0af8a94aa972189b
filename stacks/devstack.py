"""DevStack: the whole cloud, composed of one network, its firewall and one or two nodes."""

import pulumi

from stacks import user_data
from stacks.credentials import Credentials, GeneratedCredentials
from stacks.firewall import Allow, Firewall, FirewallArgs
from stacks.images import image_path
from stacks.naming import Role
from stacks.network import Network, NetworkArgs
from stacks.node import Node, NodeArgs
from stacks.readiness import Readiness, ReadinessArgs
from stacks.settings import Settings


class DevStack(pulumi.ComponentResource):
    """A two-node DevStack. Both nodes depend on network and credentials, never on each other."""

    settings: Settings
    network: Network
    credentials: pulumi.Output[Credentials]
    zones: dict[Role, str]
    """The zone of each node, by role."""

    def __init__(
        self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("devstack:index:DevStack", name, None, opts)
        self.settings = settings
        own_zones = {"controller": settings.controller_zone, "worker": settings.worker_zone}
        self.zones = {role: own_zones[role] or settings.zones[0] for role in settings.roles}
        child = pulumi.ResourceOptions(parent=self)
        # Network first: its chain is the longest, and the engine starts plugins one by one.
        self.network = Network("network", self._network_args(), child)
        self.credentials = GeneratedCredentials("credentials", child).credentials
        self._firewall = Firewall("firewall", self._firewall_args(), child)
        self._nodes = {role: Node(role, self._node_args(role), child) for role in self.zones}
        self._wait()
        self.register_outputs({})

    def _network_args(self) -> NetworkArgs:
        settings = self.settings
        internal_ips = {"controller": settings.controller_ip}
        external_roles = ["controller"]
        if settings.worker:
            internal_ips["worker"] = settings.worker_ip
            if settings.worker_external_ip:
                external_roles.append("worker")
        return NetworkArgs(
            prefix=settings.name_prefix,
            project=settings.project,
            region=settings.region,
            cidr=settings.internal_cidr,
            mtu=settings.mtu,
            labels=settings.all_labels,
            description=settings.description,
            internal_ips=internal_ips,
            external_roles=tuple(external_roles),
            existing_network=settings.existing_network,
            existing_subnetwork=settings.existing_subnetwork,
        )

    def _firewall_args(self) -> FirewallArgs:
        settings = self.settings
        node, controller = f"{settings.name_prefix}-node", settings.controller_hostname
        http: list[pulumi.Input[str]] = list(settings.http_source_ranges)
        if settings.auth_url_host == "public":
            # Servers inside DevStack leave through the controller's NAT to reach its own API.
            own = pulumi.Output.concat(self.network.external_ips["controller"], "/32")
            http.append(own)
        return FirewallArgs(
            prefix=settings.name_prefix,
            network=self.network.network,
            description=settings.description,
            rules=(
                Allow(
                    group="internal",
                    protocols={"tcp": (), "udp": (), "icmp": ()},
                    source_ranges=[settings.internal_cidr],
                    target_tag=node,
                ),
                Allow(
                    group="ssh",
                    protocols={"tcp": ("22",)},
                    source_ranges=settings.ssh_source_ranges,
                    target_tag=node,
                ),
                Allow(
                    group="icmp",
                    protocols={"icmp": ()},
                    source_ranges=settings.icmp_source_ranges,
                    target_tag=node,
                ),
                Allow(
                    group="http",
                    protocols={"tcp": ("80",)},
                    source_ranges=http,
                    target_tag=controller,
                ),
                Allow(
                    group="neutron",
                    protocols={"tcp": ("9696",)},
                    source_ranges=settings.neutron_source_ranges,
                    target_tag=controller,
                ),
            ),
        )

    def _node_args(self, role: Role) -> NodeArgs:
        settings = self.settings
        is_controller = role == "controller"
        hostname = settings.controller_hostname if is_controller else settings.worker_hostname
        external_ip = self.network.external_ips.get(role)
        return NodeArgs(
            hostname=hostname,
            zone=self.zones[role],
            machine_type=settings.controller_machine_type
            if is_controller
            else settings.worker_machine_type,
            min_cpu_platform=settings.min_cpu_platform,
            image=image_path(settings),
            boot_disk_gib=settings.boot_disk_gib,
            boot_disk_type=settings.boot_disk_type,
            create_timeout_s=settings.create_timeout_s,
            spot=settings.spot,
            labels=settings.all_labels | {"devstack-role": role},
            tags=(f"{settings.name_prefix}-node", hostname),
            subnetwork=self.network.subnetwork,
            internal_ip=self.network.internal_ips[role],
            external_ip=external_ip,
            user_data=self.credentials.apply(
                lambda credentials: user_data.render(settings, role, credentials)
            ),
            egress=None if external_ip else self.network.nat,
        )

    def _wait(self) -> None:
        settings = self.settings
        subjects = {"none": (), "controller": ("controller",), "all": tuple(self._nodes)}
        for role in subjects[settings.wait_for]:
            Readiness(
                f"{role}-ready",
                ReadinessArgs(
                    subject="node" if role == "controller" else "worker",
                    host=self.network.external_ips["controller"],
                    user=settings.ssh_user,
                    private_key=self.credentials.apply(lambda c: c.ssh_private_key),
                    host_key=self.credentials.apply(lambda c: c.controller_host_key_public),
                    timeout_s=settings.ready_timeout_s,
                    instance_id=self._nodes[role].instance_id,
                    ssh_rule=self._firewall.rules["ssh"],
                ),
                pulumi.ResourceOptions(parent=self),
            )
