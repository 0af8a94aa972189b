"""Settings: every value of a stack, with its default and description.

The fields are the configuration schema: `docs/generate.py` writes the `config` section of
`Pulumi.yaml` and the guide's tables from them. `configuration` reads and validates the values.
"""

from dataclasses import Field, dataclass, field, fields
from functools import partial
from typing import Any

from stacks.naming import ROLES, Owner, Role
from stacks.platforms import PLATFORMS
from stacks.problems import key_of


def _setting(section: str, default: Any, doc: str) -> Any:
    return field(default=default, metadata={"section": section, "doc": doc})


# One function for each section of the guide.
_name = partial(_setting, "Names")
_place = partial(_setting, "Place")
_nodes = partial(_setting, "Nodes")
_network = partial(_setting, "Network")
_access = partial(_setting, "Access")
_zones = partial(_setting, "Availability zones")
_devstack = partial(_setting, "DevStack")
_readiness = partial(_setting, "Readiness")
_baked = partial(_setting, "Baked images")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The configuration of a stack. `configuration` returns only valid ones."""

    # The stack's identity, which is not in the namespace `devstack:`.
    stack: str
    project: str

    cluster_name: str = _name(
        "capo-e2e", "First part of every resource's name; the stack's name follows."
    )
    labels: tuple[str, ...] = _name(
        (), "Further labels for everything that can carry them, each `key=value`."
    )

    region: str = _place("us-east4", "Region of the network and the addresses.")
    zones: tuple[str, ...] = _place(
        ("us-east4-a", "us-east4-b", "us-east4-c"),
        "Zones in the order in which the job tries them; never listed from the API.",
    )
    controller_zone: str = _place("", "Zone of the controller; empty: the first zone.")
    worker_zone: str = _place("", "Zone of the worker; empty: the first zone.")

    create_timeout_s: int = _place(
        300, "Seconds a zone may take to create an instance, before the next is tried."
    )

    worker: bool = _nodes(True, "Build the worker, and with it the second AZ.")
    operating_system: str = _nodes("ubuntu-22.04", f"What the nodes run: {', '.join(PLATFORMS)}.")
    image: str = _nodes(
        "", "One image, `PROJECT/NAME` or its link; empty: the newest of the system's family."
    )
    controller_machine_type: str = _nodes("n2-standard-16", "Must allow nesting.")
    worker_machine_type: str = _nodes("n2-standard-8", "Must allow nesting.")
    min_cpu_platform: str = _nodes(
        "Intel Cascade Lake", "Oldest CPU to accept; empty: any that the zone has."
    )
    boot_disk_gib: int = _nodes(500, "Boot disk of each node, GiB. The size buys IOPS, not space.")
    boot_disk_type: str = _nodes("pd-ssd", "pd-ssd, pd-balanced or pd-standard.")
    spot: bool = _nodes(False, "Spot instances: cheaper, and may be taken away.")
    vcpu_quota: int = _nodes(24, "vCPUs that a job may use.")
    ssd_quota_gib: int = _nodes(1000, "GiB of SSD that a job may use.")

    internal_cidr: str = _network("10.0.3.0/24", "The nodes' network.")
    controller_ip: str = _network("10.0.3.15", "Internal address of the controller.")
    worker_ip: str = _network("10.0.3.16", "Internal address of the worker.")
    mtu: int = _network(1460, "MTU of the nodes' network, bytes; OpenStack's follows from it.")
    existing_network: str = _network(
        "", "Use this network of the project instead of a new one; never deleted."
    )
    existing_subnetwork: str = _network(
        "", "The subnetwork of that network in the region; it must be `internalCidr`."
    )
    worker_external_ip: bool = _network(
        False, "Give the worker an external address too; else it leaves by Cloud NAT."
    )
    floating_cidr: str = _network("172.24.4.0/24", "OpenStack's floating addresses.")
    tenant_cidr: str = _network("10.1.0.0/20", "Pool of OpenStack's tenant networks.")
    dns_nameservers: tuple[str, ...] = _network(
        ("8.8.8.8",), "DNS servers of OpenStack subnets that name none."
    )

    ssh_source_ranges: tuple[str, ...] = _access(
        (), "Who may reach ssh (tcp 22) on the nodes. Empty: nobody."
    )
    http_source_ranges: tuple[str, ...] = _access(
        (), "Who may reach the OpenStack APIs (tcp 80) on the controller. Empty: nobody."
    )
    icmp_source_ranges: tuple[str, ...] = _access((), "Who may ping the nodes. Empty: nobody.")
    neutron_source_ranges: tuple[str, ...] = _access(
        (), "Who may reach Neutron (tcp 9696), which only release 2025.1 listens on."
    )
    auth_url_host: str = _access(
        "public",
        "Address in clouds.yaml: `public`, or `private`, which needs the tunnel and no open port.",
    )
    ssh_user: str = _access("cloud", "The nodes' user.")
    ssh_authorized_keys: tuple[str, ...] = _access(
        (), "Public keys that may log in beside the stack's own."
    )
    ssh_authorized_keys_file: str = _access("", "A file of further public keys, one a line.")

    primary_az: str = _zones("testaz1", "The controller's AZ.")
    secondary_az: str = _zones("testaz2", "The worker's AZ.")
    e2e_conf: str = _zones(
        "", "An e2e_conf.yaml to read both names from, so that they cannot drift."
    )

    release: str = _devstack("2025.2", "OpenStack release.")
    devstack_ref: str = _devstack("", "DevStack's ref; empty: `stable/RELEASE`.")
    neutron_ref: str = _devstack("", "The neutron plugin's ref; empty: `stable/…`.")
    octavia_ref: str = _devstack("", "The octavia plugin's ref; empty: `stable/…`.")
    octavia_dashboard_ref: str = _devstack(
        "", "The octavia-dashboard plugin's ref; empty: `stable/…`."
    )
    project_refs: tuple[str, ...] = _devstack(
        (), "Refs of further repositories, each `project=ref`, such as `nova=SHA`."
    )
    git_base: str = _devstack("https://github.com", "Where repositories come from.")
    git_timeout_s: int = _devstack(300, "Seconds before a git command is given up.")
    pip_index_url: str = _devstack("", "A pip index instead of the default one.")
    package_mirror: str = _devstack("", "An apt mirror instead of the image's own.")
    ovn_from_source: bool = _devstack(
        True, "Build OVN and OVS instead of the distribution's packages."
    )
    ovn_branch: str = _devstack("branch-24.03", "OVN's branch when built.")
    ovs_branch: str = _devstack("branch-3.3", "OVS's branch when built.")
    horizon: bool = _devstack(False, "Run Horizon on the controller.")
    additional_services: tuple[str, ...] = _devstack(
        (), "DevStack services to enable beside our own."
    )
    disabled_services: tuple[str, ...] = _devstack((), "DevStack services to disable.")
    amphora_image_url: str = _devstack(
        "https://storage.googleapis.com/artifacts.k8s-staging-capi-openstack.appspot.com"
        "/test/amphora/2022-12-05/amphora-x64-haproxy.qcow2",
        "Octavia's image; empty: DevStack builds one.",
    )
    volume_backing_gib: int = _devstack(
        100, "Cinder's volume group, GiB, per node. Other backends in local.conf do not use it."
    )
    glance_limit_mb: int = _devstack(20000, "Size of all images together, MB.")
    cpu_allocation_ratio: float = _devstack(2.0, "Virtual CPUs per CPU in Nova.")
    service_timeout_s: int = _devstack(240, "Seconds a service may take to start.")
    local_conf_file: str = _devstack(
        "",
        "A file whose text is appended to both nodes' local.conf; it may not set what the stack"
        " decides.",
    )

    wait_for: str = _readiness("none", "What `pulumi up` waits for: `none`, `controller` or `all`.")
    ready_timeout_s: int = _readiness(
        5400, "Seconds `pulumi up` waits for a node that is not ready."
    )
    node_deadline_s: int = _readiness(5400, "Seconds a node waits for the other one.")
    readiness_deadline_s: int = _readiness(
        600, "Seconds a node's services may take to be up, once built or rebooted."
    )
    smoke_test: bool = _readiness(
        False, "Boot a server in each AZ, and a load balancer, before that AZ is said to be ready."
    )
    smoke_test_image_url: str = _readiness(
        "https://storage.googleapis.com/artifacts.k8s-staging-capi-openstack.appspot.com"
        "/test/cirros/2022-12-05/cirros-0.6.1-x86_64-disk.img",
        "What those servers boot: a qcow2 image that m1.tiny's disk of 1 GB can hold.",
    )

    baked_images: str = _baked(
        "never",
        "Whether new nodes start from images of finished nodes: `never`, `prefer` (a node without"
        " a fitting image is built) or `require`. The job chooses the images.",
    )
    baked_image_project: str = _baked(
        "", "Project in which the job looks for images; empty: the stack's own."
    )
    baked_image_max_age_days: int = _baked(14, "Days after which an image is not chosen any more.")
    controller_baked_image: str = _baked(
        "",
        "Image of a finished controller to start from, `PROJECT/NAME` or its link, whatever"
        " `bakedImages` says; empty: the job's choice.",
    )
    worker_baked_image: str = _baked("", "The same for the worker.")
    baked_ready_timeout_s: int = _baked(
        600,
        "Seconds a node may take to be ready from an image, before the job replaces it by one that"
        " is built.",
    )
    baked_from: str = _baked(
        "", "Make images of the stopped nodes of this stack and nothing else; `bake` sets it."
    )
    baked_at: str = _baked("", "Last part of those images' names, a time in UTC; set by `bake`.")
    baked_commits: tuple[str, ...] = _baked(
        (), "What those nodes were built from, each `ROLE/PROJECT=COMMIT`; set by `bake`."
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
