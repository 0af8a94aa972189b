"""DevStack: the whole cloud: one network, its firewall and one or two nodes."""

import pulumi

from stacks import user_data
from stacks.credentials import Credentials
from stacks.firewall import Allow, Firewall, FirewallArgs
from stacks.generated_credentials import GeneratedCredentials
from stacks.images import boot_image
from stacks.naming import HOST_DOMAIN, Role
from stacks.network import Network, NetworkArgs
from stacks.node import Node, NodeArgs
from stacks.readiness import Readiness, ReadinessArgs
from stacks.roles import NodeRole, node_roles
from stacks.settings import Settings


class DevStack(pulumi.ComponentResource):
    """A two-node DevStack. Both nodes depend on network and credentials, never on each other."""

    settings: Settings
    network: Network
    credentials: pulumi.Output[Credentials]
    roles: dict[Role, NodeRole]

    def __init__(
        self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("devstack:index:DevStack", name, None, opts)
        self.settings = settings
        self.roles = node_roles(settings)
        child = pulumi.ResourceOptions(parent=self)
        # Network first: its chain is the longest, and the engine starts plugins one by one.
        self.network = Network("network", self._network_args(), child)
        self.credentials = GeneratedCredentials("credentials", child).credentials
        self._firewall = Firewall("firewall", self._firewall_args(), child)
        self._nodes = {role: Node(role, self._node_args(role), child) for role in self.roles}
        self._wait()
        self.register_outputs({})

    def _network_args(self) -> NetworkArgs:
        settings = self.settings
        return NetworkArgs(
            owner=settings.owner,
            project=settings.project,
            region=settings.region,
            cidr=settings.internal_cidr,
            mtu=settings.mtu,
            labels=settings.all_labels,
            internal_ips={role: node.internal_ip for role, node in self.roles.items()},
            external_roles=tuple(role for role, node in self.roles.items() if node.has_external_ip),
            existing_network=settings.existing_network,
            existing_subnetwork=settings.existing_subnetwork,
        )

    def _firewall_args(self) -> FirewallArgs:
        settings = self.settings
        node, controller = settings.owner.node_tag, self.roles["controller"].instance
        http: list[pulumi.Input[str]] = list(settings.http_source_ranges)
        if settings.auth_url_host == "public":
            # DevStack's servers reach its APIs through the controller's NAT.
            own = pulumi.Output.concat(self.network.external_ips["controller"], "/32")
            http.append(own)
        return FirewallArgs(
            owner=settings.owner,
            network=self.network.network,
            rules=(
                Allow(
                    "internal", {"tcp": (), "udp": (), "icmp": ()}, [settings.internal_cidr], node
                ),
                Allow("ssh", {"tcp": ("22",)}, settings.ssh_source_ranges, node),
                Allow("icmp", {"icmp": ()}, settings.icmp_source_ranges, node),
                Allow("http", {"tcp": ("80",)}, http, controller),
                Allow("neutron", {"tcp": ("9696",)}, settings.neutron_source_ranges, controller),
            ),
        )

    def _node_args(self, role: Role) -> NodeArgs:
        settings, node = self.settings, self.roles[role]
        external_ip = self.network.external_ips.get(role)
        return NodeArgs(
            instance=node.instance,
            hostname=f"{node.hostname}.{HOST_DOMAIN}",
            zone=node.zone,
            machine_type=node.machine_type,
            min_cpu_platform=settings.min_cpu_platform,
            image=boot_image(settings, role),
            boot_disk_gib=settings.boot_disk_gib,
            boot_disk_type=settings.boot_disk_type,
            create_timeout_s=settings.create_timeout_s,
            spot=settings.spot,
            labels=settings.all_labels | {"devstack-role": role},
            tags=(settings.owner.node_tag, node.instance),
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
        awaited = {"none": (), "controller": ("controller",), "all": tuple(self._nodes)}
        for role in awaited[settings.wait_for]:
            Readiness(
                f"{role}-ready",
                ReadinessArgs(
                    role=role,
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
