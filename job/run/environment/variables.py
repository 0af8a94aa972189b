"""Variables: the table of all environment variables that the job knows.

`reading.py` uses it, `docs/environment.md` is generated from it, and a test compares the Prow jobs
in `prow/` with it. "Today" refers to the bash that this job replaces.
"""

from dataclasses import dataclass

from stacks.e2e_variables import PRIMARY_AZ, SECONDARY_AZ


@dataclass(frozen=True)
class Variable:
    """A variable, which sets settings of the stack, a field of JobEnvironment, or neither.

    One that sets neither is read together with others, or only passed on.
    """

    name: str
    meaning: str
    settings: tuple[str, ...] = ()
    field: str = ""
    today: str = ""
    """The difference from today's scripts."""


@dataclass(frozen=True)
class Section:
    """The variables of one subject."""

    title: str
    about: str
    variables: tuple[Variable, ...]


_CLOUD = (
    Variable("CLUSTER_NAME", "First part of every resource's name.", ("clusterName",)),
    Variable("OPENSTACK_RELEASE", "OpenStack release.", ("release",)),
    Variable(
        "OPENSTACK_ENABLE_HORIZON",
        "`true` runs Horizon, on the controller alone.",
        ("horizon",),
        today="aborted unless there were additional services; Horizon was on the worker too",
    ),
    Variable(
        "OPENSTACK_ADDITIONAL_SERVICES",
        "DevStack services to enable, by commas; a leading comma does no harm.",
        ("additionalServices",),
        today="the leading comma was required",
    ),
    Variable(
        "OPENSTACK_DISABLED_SERVICES",
        "DevStack services to disable, by commas.",
        ("disabledServices",),
        today="no effect",
    ),
    Variable(
        "OPENSTACK_DNS_NAMESERVERS",
        "DNS server of OpenStack's subnets; one address, since the suite takes one.",
        ("dnsNameservers",),
    ),
    Variable("FLOATING_RANGE", "OpenStack's floating addresses.", ("floatingCidr",)),
    Variable("PRIVATE_NETWORK_CIDR", "The nodes' network.", ("internalCidr",)),
    Variable("CONTROLLER_IP", "Internal address of the controller.", ("controllerIp",)),
    Variable(
        "WORKER_IP",
        "Internal address of the worker. Refused beside SKIP_SECONDARY_AZ.",
        ("workerIp",),
    ),
    Variable(
        "SKIP_SECONDARY_AZ",
        "Anything: no worker, so no second AZ. `false` and the like are refused.",
        ("worker",),
        today="these meant yes too; the controller looked for a worker for ever",
    ),
    Variable(
        PRIMARY_AZ,
        "The controller's AZ, which else the suite's e2e_conf.yaml names (`e2eConf`).",
        ("primaryAz",),
        today="only the suite read it; the cloud had testaz1",
    ),
    Variable(
        SECONDARY_AZ,
        "The worker's AZ, which else the suite's e2e_conf.yaml names (`e2eConf`).",
        ("secondaryAz",),
        today="only the suite read it; the cloud had testaz2",
    ),
)
_PLACE = (
    Variable(
        "GCP_PROJECT",
        "Project to build in; else GOOGLE_CLOUD_PROJECT and the like, else `gcp:project` of the"
        " settings. With Boskos it is the leased one.",
        field="project",
    ),
    Variable(
        "GCP_REGION",
        "Region. Unless the settings name zones of it, its first three are taken (`zones`).",
        ("region",),
        today="zones -a, -b and -c, which not every region has",
    ),
    Variable(
        "GCP_MACHINE_TYPE",
        "Machine type of both nodes.",
        ("controllerMachineType", "workerMachineType"),
    ),
    Variable("GCP_MACHINE_MIN_CPU_PLATFORM", "Oldest CPU to accept.", ("minCpuPlatform",)),
    Variable("SKIP_INIT_INFRA", "Anything: build in GCP_NETWORK_NAME, which is there already."),
    Variable(
        "GCP_NETWORK_NAME",
        "That network, whose subnetwork has the same name. Needs SKIP_INIT_INFRA: a network that"
        " the stack makes is named after it.",
        ("existingNetwork", "existingSubnetwork"),
        today="named the network that was made, and the instances asked for another",
    ),
    Variable(
        "GOOGLE_APPLICATION_CREDENTIALS",
        "A key file. The guide has the other ways to credentials.",
    ),
)
_JOB = (
    Variable(
        "RESOURCE_TYPE", "The platform, and what to lease. Only `gce-project`.", field="boskos_kind"
    ),
    Variable(
        "BOSKOS_HOST",
        "Lease a project there, and release it at the end, whatever happened.",
        field="boskos_host",
        today="released after the tests only, not after a failure before them",
    ),
    Variable(
        "BOSKOS_RESOURCE_NAME",
        "A project that the caller has leased and will release.",
        field="leased",
        today="the job set it for itself",
    ),
    Variable(
        "ARTIFACTS",
        "Folder of logs and reports; `_artifacts` in the CAPO checkout.",
        field="artifacts",
        today="two defaults in two scripts",
    ),
    Variable(
        "BUILD_ID",
        "In Prow it names the stack, so that a rerun finds it.",
        field="stack",
        today="all jobs had the same names",
    ),
)
_OWN = (
    Variable("DEVSTACK_SETTINGS", "Settings to start from; `Pulumi.ci.yaml`."),
    Variable(
        "DEVSTACK_SET_KEY",
        "Any setting by its key, such as `DEVSTACK_SET_bootDiskGib=200` or"
        " `DEVSTACK_SET_zones=us-east4-b,us-east4-c`. It wins over all other variables.",
    ),
    Variable("DEVSTACK_STACK", "The stack's name; outside Prow `e2e`.", field="stack"),
    Variable(
        "DEVSTACK_BOSKOS_WAIT_S", "How long to wait for a free project.", field="boskos_wait_s"
    ),
    Variable(
        "DEVSTACK_BOSKOS_HEARTBEAT_S",
        "From one sign of life to the next, while the project is leased.",
        field="heartbeat_s",
    ),
    Variable(
        "DEVSTACK_DEADLINE_S",
        "After so long the job ends itself, with time left to clean up; 0: never.",
        field="deadline_s",
    ),
    Variable(
        "DEVSTACK_SILENCE_S",
        "A node that has not answered for so long before the tests is replaced.",
        field="silence_s",
    ),
    Variable(
        "DEVSTACK_REPLACEMENTS",
        "How often the job does that before it fails; 0: it fails at once.",
        field="replacements",
    ),
    Variable(
        "DEVSTACK_TEARDOWN_BUDGET_S",
        "From the end of the tests, or a signal, to the end: logs, destroy and release.",
        field="teardown_budget_s",
    ),
    Variable("DEVSTACK_LOGS_CAP_S", "What the logs may take of that.", field="logs_cap_s"),
    Variable(
        "DEVSTACK_KEEP_ON_FAILURE_S",
        "How long the cloud stays after a failure, for a person to look at; 0: not at all."
        " Refused with Boskos.",
        field="keep_on_failure_s",
    ),
    Variable(
        "DEVSTACK_LEFTOVERS",
        "What to do with resources like ours that the project holds at the start: `remove`, the"
        " rule with a leased project, or `report`, since another job may be using them.",
        field="leftovers",
    ),
    Variable(
        "DEVSTACK_TUNNEL",
        "`sshuttle`, or `none` where the nodes' network and floating addresses are routed already.",
        field="tunnel",
    ),
    Variable("DEVSTACK_STATE_DIR", "Where stacks, their state and passphrases are."),
    Variable("DEVSTACK_CACHE_DIR", "Where what can be made again is, Python packages for one."),
    Variable("PULUMI_BACKEND_URL", "A Pulumi backend of yours, in place of DEVSTACK_STATE_DIR."),
    Variable("PULUMI_CONFIG_PASSPHRASE_FILE", "A passphrase of yours; else one is made."),
)
_SUITE = (
    Variable("E2E_GINKGO_FOCUS", "Tests to run: a regular expression."),
    Variable("E2E_GINKGO_SKIP", "Tests to skip: regular expressions, by blanks."),
    Variable("E2E_GINKGO_PARALLEL", "Tests at a time."),
    Variable("E2E_GINKGO_ARGS", "Flags for ginkgo."),
    Variable("E2E_ARGS", "Flags for the suite."),
    Variable("E2E_DATA_DIR", "The suite's data. The job looks for e2e_conf.yaml there."),
    Variable("E2E_CONF_PATH", "The e2e_conf.yaml itself. The job reads AZ names from it."),
    Variable("KUBETEST_CONF_PATH", "What conformance tests."),
    Variable("CONFORMANCE_E2E_ARGS", "Flags for the conformance suite."),
    Variable("CONFORMANCE_GINKGO_ARGS", "Flags for its ginkgo."),
    Variable(
        "E2E_IMAGE_URL",
        "Where nodes fetch CAPO's image: on CONTROLLER_IP, and refused elsewhere.",
        today="nobody noticed that it was elsewhere",
    ),
    Variable(
        "OPENSTACK_IMAGE_NAME",
        "Image of the Kubernetes nodes.",
        today="on RESOURCE_TYPE=openstack the hosts' image as well",
    ),
    Variable(
        "OPENSTACK_CLOUD_YAML_FILE",
        "Set by the job to a clouds.yaml that only its user can read, outside ARTIFACTS.",
        today="clouds.yaml in the working directory, over one that was there",
    ),
)
SECTIONS = (
    Section(
        "The cloud", "Each overrides a setting, and is validated before anything is leased.", _CLOUD
    ),
    Section("Google Cloud", "Where the nodes are.", _PLACE),
    Section("Prow and Boskos", "What CI says to the job.", _JOB),
    Section("New knobs", "Times are in seconds.", _OWN),
    Section(
        "The suite",
        "`make` gets these as they are, and all other variables but a few (the last table). What"
        " e2e_conf.yaml calls variables may be set too. What names something in the cloud is held"
        " against what the cloud will have, flavors and volume types also in e2e_conf.yaml; other"
        " names are"
        " refused.",
        _SUITE,
    ),
)
VARIABLES = {variable.name: variable for section in SECTIONS for variable in section.variables}
# Prefix of a setting's key.
ANY_SETTING = "DEVSTACK_SET_"

# Today's other platforms, and their variables.
OTHER_PLATFORMS = {
    "openstack": (
        "OPENSTACK_PUBLIC_NETWORK",
        "OPENSTACK_NETWORK_NAME",
        "OPENSTACK_SUBNET_NAME",
        "OPENSTACK_SECGROUP_NAME",
        "OPENSTACK_ROUTER_NAME",
        "OPENSTACK_FLAVOR",
        "OPENSTACK_FLAVOR_controller",
        "OPENSTACK_FLAVOR_worker",
        "USE_VOLUMES",
        "SSH_PUBLIC_KEY_FILE",
        "SSH_PRIVATE_KEY_FILE",
    ),
    "libvirt": (
        "LIBVIRT_NETWORK_NAME",
        "LIBVIRT_IMAGE_NAME",
        "LIBVIRT_MEMORY",
        "LIBVIRT_MEMORY_controller",
        "LIBVIRT_MEMORY_worker",
        "LIBVIRT_VCPU",
        "LIBVIRT_VCPU_controller",
        "LIBVIRT_VCPU_worker",
    ),
    "aws-project": (
        "AWS_REGION",
        "AWS_ZONE",
        "AWS_AMI",
        "AWS_MACHINE_TYPE",
        "AWS_NETWORK_NAME",
        "AWS_KEY_PAIR",
    ),
}
