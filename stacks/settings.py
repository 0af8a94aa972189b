"""Settings: every value of a stack, with its default and description.

The fields are the configuration schema: `docs/generate.py` writes the `config` section of
`Pulumi.yaml` and the guide's tables from them. `configuration` reads and validates the values.
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
    """The configuration of a stack. `configuration` returns only valid ones."""

    # The stack's identity, which is not in the namespace `devstack:`.
    stack: str
    project: str

    cluster_name: str = _setting(
        "capo-e2e", "Names", "First part of every resource's name; the stack's name follows."
    )
    labels: tuple[str, ...] = _setting(
        (), "Names", "Further labels of all resources that can have labels, each `key=value`."
    )

    region: str = _setting("us-east4", "Place", "Region of all resources.")
    zones: tuple[str, ...] = _setting(
        ("us-east4-a", "us-east4-b", "us-east4-c"),
        "Place",
        "Zones in the order in which the job tries them. The API is not asked for others.",
    )
    controller_zone: str = _setting("", "Place", "Zone of the controller; empty: the first zone.")
    worker_zone: str = _setting("", "Place", "Zone of the worker; empty: the first zone.")

    create_timeout_s: int = _setting(
        300,
        "Place",
        "Seconds that a zone may take to create an instance before the next one is tried.",
    )

    worker: bool = _setting(True, "Nodes", "Build the worker, and with it the second AZ.")
    operating_system: str = _setting(
        "ubuntu-22.04", "Nodes", f"Operating system of the nodes: {', '.join(PLATFORMS)}."
    )
    image: str = _setting(
        "",
        "Nodes",
        "Image of the nodes, `PROJECT/NAME` or its link; empty: the newest one for the system.",
    )
    controller_machine_type: str = _setting(
        "n2-standard-16",
        "Nodes",
        "Machine type of the controller; must support nested virtualization.",
    )
    worker_machine_type: str = _setting(
        "n2-standard-8", "Nodes", "Machine type of the worker; must support nested virtualization."
    )
    min_cpu_platform: str = _setting(
        "Intel Cascade Lake", "Nodes", "Oldest CPU platform to accept; empty: any."
    )
    boot_disk_gib: int = _setting(
        500, "Nodes", "Boot disk of each node, GiB. A larger disk has more IOPS."
    )
    boot_disk_type: str = _setting(
        "pd-ssd", "Nodes", "Type of the boot disk: pd-ssd, pd-balanced or pd-standard."
    )
    spot: bool = _setting(
        False, "Nodes", "Use spot instances: cheaper, but Google Cloud may stop them at any time."
    )
    vcpu_quota: int = _setting(
        24, "Nodes", "Quota of vCPUs for all nodes; a stack that needs more is refused."
    )
    ssd_quota_gib: int = _setting(
        1000, "Nodes", "Quota of SSD for all nodes, GiB; a stack that needs more is refused."
    )

    internal_cidr: str = _setting("10.0.3.0/24", "Network", "Address range of the nodes' network.")
    controller_ip: str = _setting("10.0.3.15", "Network", "Internal address of the controller.")
    worker_ip: str = _setting("10.0.3.16", "Network", "Internal address of the worker.")
    mtu: int = _setting(
        1460, "Network", "MTU of the nodes' network, bytes. OpenStack's MTU is derived from it."
    )
    existing_network: str = _setting(
        "", "Network", "Use this network of the project instead of a new one. It is never deleted."
    )
    existing_subnetwork: str = _setting(
        "",
        "Network",
        "The subnetwork of that network in `region`; its range must be `internalCidr`.",
    )
    worker_external_ip: bool = _setting(
        False, "Network", "Give the worker an external address too. Without one it uses Cloud NAT."
    )
    floating_cidr: str = _setting(
        "172.24.4.0/24", "Network", "Address range of OpenStack's floating addresses."
    )
    tenant_cidr: str = _setting(
        "10.1.0.0/20", "Network", "Address range of OpenStack's tenant networks."
    )
    dns_nameservers: tuple[str, ...] = _setting(
        ("8.8.8.8",), "Network", "DNS servers of OpenStack subnets that name none themselves."
    )

    ssh_source_ranges: tuple[str, ...] = _setting(
        (), "Access", "Address ranges that may reach ssh (tcp 22) on the nodes. Empty: none."
    )
    http_source_ranges: tuple[str, ...] = _setting(
        (), "Access", "Address ranges that may reach the OpenStack APIs (tcp 80). Empty: none."
    )
    icmp_source_ranges: tuple[str, ...] = _setting(
        (), "Access", "Address ranges that may ping the nodes. Empty: none."
    )
    neutron_source_ranges: tuple[str, ...] = _setting(
        (), "Access", "Address ranges that may reach Neutron (tcp 9696); only for release 2025.1."
    )
    auth_url_host: str = _setting(
        "public",
        "Access",
        "Address in clouds.yaml: `public`, or `private`, which needs the tunnel but no open port.",
    )
    ssh_user: str = _setting("cloud", "Access", "User to log in to the nodes.")
    ssh_authorized_keys: tuple[str, ...] = _setting(
        (), "Access", "Further public keys that may log in to the nodes."
    )
    ssh_authorized_keys_file: str = _setting(
        "", "Access", "A file with further public keys, one a line."
    )

    primary_az: str = _setting("testaz1", "Availability zones", "The controller's AZ.")
    secondary_az: str = _setting("testaz2", "Availability zones", "The worker's AZ.")
    e2e_conf: str = _setting(
        "",
        "Availability zones",
        "An e2e_conf.yaml. If set, both names are read from it.",
    )

    release: str = _setting("2025.2", "DevStack", "OpenStack release.")
    devstack_ref: str = _setting("", "DevStack", "Git ref of DevStack; empty: `stable/RELEASE`.")
    neutron_ref: str = _setting("", "DevStack", "Git ref of neutron; empty: `stable/RELEASE`.")
    octavia_ref: str = _setting("", "DevStack", "Git ref of octavia; empty: `stable/RELEASE`.")
    octavia_dashboard_ref: str = _setting(
        "", "DevStack", "Git ref of octavia-dashboard; empty: `stable/RELEASE`."
    )
    project_refs: tuple[str, ...] = _setting(
        (), "DevStack", "Git refs of further repositories, each `project=ref`, such as `nova=SHA`."
    )
    git_base: str = _setting("https://github.com", "DevStack", "Base URL of the git repositories.")
    git_timeout_s: int = _setting(300, "DevStack", "Time limit of each git command, seconds.")
    pip_index_url: str = _setting("", "DevStack", "A pip index to use instead of the default one.")
    package_mirror: str = _setting(
        "", "DevStack", "An apt mirror to use instead of the image's own."
    )
    ovn_from_source: bool = _setting(
        True,
        "DevStack",
        "Build OVN and OVS from source instead of using the distribution's packages.",
    )
    ovn_branch: str = _setting("branch-24.03", "DevStack", "Branch of OVN, if built.")
    ovs_branch: str = _setting("branch-3.3", "DevStack", "Branch of OVS, if built.")
    horizon: bool = _setting(False, "DevStack", "Run Horizon on the controller.")
    additional_services: tuple[str, ...] = _setting(
        (), "DevStack", "DevStack services to enable in addition."
    )
    disabled_services: tuple[str, ...] = _setting((), "DevStack", "DevStack services to disable.")
    amphora_image_url: str = _setting(
        "https://storage.googleapis.com/artifacts.k8s-staging-capi-openstack.appspot.com"
        "/test/amphora/2022-12-05/amphora-x64-haproxy.qcow2",
        "DevStack",
        "Octavia's Amphora image; empty: DevStack builds one.",
    )
    volume_backing_gib: int = _setting(
        100, "DevStack", "Size of Cinder's volume group on each node, GiB."
    )
    glance_limit_mb: int = _setting(
        20000, "DevStack", "Glance's limit for the size of all images together, MB."
    )
    cpu_allocation_ratio: float = _setting(
        2.0, "DevStack", "Nova's virtual CPUs for each CPU of a node."
    )
    service_timeout_s: int = _setting(240, "DevStack", "Seconds that a service may take to start.")
    local_conf_file: str = _setting(
        "",
        "DevStack",
        "A file whose text is appended to both nodes' local.conf. It may not set variables that the"
        " stack decides.",
    )

    wait_for: str = _setting(
        "none", "Readiness", "What `pulumi up` waits for: `none`, `controller` or `all`."
    )
    ready_timeout_s: int = _setting(
        5400,
        "Readiness",
        "Seconds that `pulumi up` waits for a node, and the job for the controller.",
    )
    node_deadline_s: int = _setting(
        5400, "Readiness", "Seconds that a node waits for the other one."
    )
    readiness_deadline_s: int = _setting(
        600,
        "Readiness",
        "Seconds that a node's services may take to be up after the build or a reboot.",
    )
    smoke_test: bool = _setting(
        False,
        "Readiness",
        "Boot a server in each AZ, and a load balancer, before that AZ is reported as ready.",
    )
    smoke_test_image_url: str = _setting(
        "https://storage.googleapis.com/artifacts.k8s-staging-capi-openstack.appspot.com"
        "/test/cirros/2022-12-05/cirros-0.6.1-x86_64-disk.img",
        "Readiness",
        "Image of those servers: a qcow2 that fits on m1.tiny's disk of 1 GB.",
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
