"""Settings: every value of a stack, said once.

The fields are the configuration schema: `docs/generate.py` writes `Pulumi.yaml` and the
operator's guide from them. Nothing is read or refused here; see `configuration`.
"""

from dataclasses import Field, dataclass, field, fields
from typing import Any

from stacks.naming import ROLES, Owner, Role
from stacks.platforms import PLATFORMS
from stacks.problems import key_of


def _setting(default: Any, section: str, doc: str) -> Any:
    return field(default=default, metadata={"section": section, "doc": doc})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The configuration of a stack, valid if `configuration` made it."""

    # Identity of the stack. Not part of our configuration.
    stack: str
    project: str

    cluster_name: str = _setting(
        "capo-e2e", "Names", "First part of every resource's name; the stack's name follows."
    )
    labels: tuple[str, ...] = _setting(
        (), "Names", "Further labels for everything that can carry them, each `key=value`."
    )

    region: str = _setting("us-east4", "Place", "Region of the network and the addresses.")
    zones: tuple[str, ...] = _setting(
        ("us-east4-a", "us-east4-b", "us-east4-c"),
        "Place",
        "Zones in the order in which the job tries them; never listed from the API.",
    )
    controller_zone: str = _setting("", "Place", "Zone of the controller; empty: the first zone.")
    worker_zone: str = _setting("", "Place", "Zone of the worker; empty: the first zone.")

    create_timeout_s: int = _setting(
        300, "Place", "Seconds a zone may take to create an instance, before the next is tried."
    )

    worker: bool = _setting(True, "Nodes", "Build the worker, and with it the second AZ.")
    operating_system: str = _setting(
        "ubuntu-22.04", "Nodes", f"What the nodes run: {', '.join(PLATFORMS)}."
    )
    image: str = _setting(
        "",
        "Nodes",
        "One image, `PROJECT/NAME` or its link; empty: the newest of the system's family.",
    )
    controller_machine_type: str = _setting("n2-standard-16", "Nodes", "Must allow nesting.")
    worker_machine_type: str = _setting("n2-standard-8", "Nodes", "Must allow nesting.")
    min_cpu_platform: str = _setting(
        "Intel Cascade Lake", "Nodes", "Oldest CPU to accept; empty: any that the zone has."
    )
    boot_disk_gib: int = _setting(
        500, "Nodes", "Boot disk of each node, GiB. The size buys IOPS, not space."
    )
    boot_disk_type: str = _setting("pd-ssd", "Nodes", "pd-ssd, pd-balanced or pd-standard.")
    spot: bool = _setting(False, "Nodes", "Spot instances: cheaper, and may be taken away.")
    vcpu_quota: int = _setting(24, "Nodes", "vCPUs that a job may use.")
    ssd_quota_gib: int = _setting(1000, "Nodes", "GiB of SSD that a job may use.")

    internal_cidr: str = _setting("10.0.3.0/24", "Network", "The nodes' network.")
    controller_ip: str = _setting("10.0.3.15", "Network", "Internal address of the controller.")
    worker_ip: str = _setting("10.0.3.16", "Network", "Internal address of the worker.")
    mtu: int = _setting(
        1460, "Network", "MTU of the nodes' network, bytes; OpenStack's follows from it."
    )
    existing_network: str = _setting(
        "", "Network", "Use this network of the project instead of a new one; never deleted."
    )
    existing_subnetwork: str = _setting(
        "", "Network", "The subnetwork of that network in the region; it must be `internalCidr`."
    )
    worker_external_ip: bool = _setting(
        False, "Network", "Give the worker an external address too; else it leaves by Cloud NAT."
    )
    floating_cidr: str = _setting("172.24.4.0/24", "Network", "OpenStack's floating addresses.")
    tenant_cidr: str = _setting("10.1.0.0/20", "Network", "Pool of OpenStack's tenant networks.")
    dns_nameservers: tuple[str, ...] = _setting(
        ("8.8.8.8",), "Network", "DNS servers of OpenStack subnets that name none."
    )

    ssh_source_ranges: tuple[str, ...] = _setting(
        (), "Access", "Who may reach ssh (tcp 22) on the nodes. Empty: nobody."
    )
    http_source_ranges: tuple[str, ...] = _setting(
        (), "Access", "Who may reach the OpenStack APIs (tcp 80) on the controller. Empty: nobody."
    )
    icmp_source_ranges: tuple[str, ...] = _setting(
        (), "Access", "Who may ping the nodes. Empty: nobody."
    )
    neutron_source_ranges: tuple[str, ...] = _setting(
        (), "Access", "Who may reach Neutron (tcp 9696), which only release 2025.1 listens on."
    )
    auth_url_host: str = _setting(
        "public",
        "Access",
        "Address in clouds.yaml: `public`, or `private`, which needs the tunnel and no open port.",
    )
    ssh_user: str = _setting("cloud", "Access", "The nodes' user.")
    ssh_authorized_keys: tuple[str, ...] = _setting(
        (), "Access", "Public keys that may log in beside the stack's own."
    )
    ssh_authorized_keys_file: str = _setting(
        "", "Access", "A file of further public keys, one a line."
    )

    primary_az: str = _setting("testaz1", "Availability zones", "The controller's AZ.")
    secondary_az: str = _setting("testaz2", "Availability zones", "The worker's AZ.")
    e2e_conf: str = _setting(
        "",
        "Availability zones",
        "An e2e_conf.yaml to read both names from, so that they cannot drift.",
    )

    release: str = _setting("2025.2", "DevStack", "OpenStack release.")
    devstack_ref: str = _setting("", "DevStack", "DevStack's ref; empty: `stable/RELEASE`.")
    neutron_ref: str = _setting("", "DevStack", "The neutron plugin's ref; empty: `stable/…`.")
    octavia_ref: str = _setting("", "DevStack", "The octavia plugin's ref; empty: `stable/…`.")
    octavia_dashboard_ref: str = _setting(
        "", "DevStack", "The octavia-dashboard plugin's ref; empty: `stable/…`."
    )
    project_refs: tuple[str, ...] = _setting(
        (), "DevStack", "Refs of further repositories, each `project=ref`, such as `nova=SHA`."
    )
    git_base: str = _setting("https://github.com", "DevStack", "Where repositories come from.")
    git_timeout_s: int = _setting(300, "DevStack", "Seconds before a git command is given up.")
    pip_index_url: str = _setting("", "DevStack", "A pip index instead of the default one.")
    package_mirror: str = _setting("", "DevStack", "An apt mirror instead of the image's own.")
    ovn_from_source: bool = _setting(
        True, "DevStack", "Build OVN and OVS instead of the distribution's packages."
    )
    ovn_branch: str = _setting("branch-24.03", "DevStack", "OVN's branch when built.")
    ovs_branch: str = _setting("branch-3.3", "DevStack", "OVS's branch when built.")
    horizon: bool = _setting(False, "DevStack", "Run Horizon on the controller.")
    additional_services: tuple[str, ...] = _setting(
        (), "DevStack", "DevStack services to enable beside our own."
    )
    disabled_services: tuple[str, ...] = _setting((), "DevStack", "DevStack services to disable.")
    amphora_image_url: str = _setting(
        "https://storage.googleapis.com/artifacts.k8s-staging-capi-openstack.appspot.com"
        "/test/amphora/2022-12-05/amphora-x64-haproxy.qcow2",
        "DevStack",
        "Octavia's image; empty: DevStack builds one.",
    )
    volume_backing_gib: int = _setting(100, "DevStack", "Cinder's volume group, GiB, per node.")
    glance_limit_mb: int = _setting(20000, "DevStack", "Size of all images together, MB.")
    cpu_allocation_ratio: float = _setting(2.0, "DevStack", "Virtual CPUs per CPU in Nova.")
    service_timeout_s: int = _setting(240, "DevStack", "Seconds a service may take to start.")
    local_conf_file: str = _setting(
        "",
        "DevStack",
        "A file whose text is appended to both nodes' local.conf; it may not set what the stack"
        " decides.",
    )

    wait_for: str = _setting(
        "none", "Readiness", "What `pulumi up` waits for: `none`, `controller` or `all`."
    )
    ready_timeout_s: int = _setting(
        5400, "Readiness", "Seconds `pulumi up` waits for a node that is not ready."
    )
    node_deadline_s: int = _setting(5400, "Readiness", "Seconds a node waits for the other one.")
    readiness_deadline_s: int = _setting(
        600, "Readiness", "Seconds a node's services may take to be up, once built or rebooted."
    )
    smoke_test: bool = _setting(
        False,
        "Readiness",
        "Boot a server in each AZ, and a load balancer, before that AZ is said to be ready.",
    )
    smoke_test_image_url: str = _setting(
        "https://storage.googleapis.com/artifacts.k8s-staging-capi-openstack.appspot.com"
        "/test/cirros/2022-12-05/cirros-0.6.1-x86_64-disk.img",
        "Readiness",
        "What those servers boot: a qcow2 image that m1.tiny's disk of 1 GB can hold.",
    )

    # Contents of the files named above.
    local_conf_extra: str = ""

    @property
    def owner(self) -> Owner:
        """The stack as owner of resources, with their names."""
        return Owner(self.cluster_name, self.stack)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Roles of the stack's nodes."""
        return ROLES if self.worker else ("controller",)

    @property
    def availability_zones(self) -> tuple[str, ...]:
        """The stack's AZs, the controller's first."""
        return (self.primary_az, self.secondary_az) if self.worker else (self.primary_az,)

    @property
    def all_labels(self) -> dict[str, str]:
        """Labels of resources that can change them in place."""
        return self.owner.labels | dict(label.split("=", 1) for label in self.labels)


def setting_fields() -> dict[str, Field[Any]]:
    """Return the fields that are configuration, by key without the namespace."""
    return {
        key_of(each.name).removeprefix("devstack:"): each
        for each in fields(Settings)
        if "doc" in each.metadata
    }
