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
        today="aborted without additional services; Horizon ran on the worker too",
    ),
    Variable(
        "OPENSTACK_ADDITIONAL_SERVICES",
        "DevStack services to enable, separated by commas. A leading comma is ignored.",
        ("additionalServices",),
        today="the leading comma was required",
    ),
    Variable(
        "OPENSTACK_DISABLED_SERVICES",
        "DevStack services to disable, separated by commas.",
        ("disabledServices",),
        today="had no effect",
    ),
    Variable(
        "OPENSTACK_DNS_NAMESERVERS",
        "DNS server of OpenStack's subnets. Only one address, since the suite accepts only one.",
        ("dnsNameservers",),
    ),
    Variable("FLOATING_RANGE", "OpenStack's floating addresses.", ("floatingCidr",)),
    Variable("PRIVATE_NETWORK_CIDR", "The nodes' network.", ("internalCidr",)),
    Variable("CONTROLLER_IP", "Internal address of the controller.", ("controllerIp",)),
    Variable(
        "WORKER_IP",
        "Internal address of the worker. Refused together with SKIP_SECONDARY_AZ.",
        ("workerIp",),
    ),
    Variable(
        "SKIP_SECONDARY_AZ",
        "Any value: build no worker and no second AZ. `false`, `no`, `0` and `off` are refused.",
        ("worker",),
        today="these meant yes too; the controller waited for a worker for ever",
    ),
    Variable(
        PRIMARY_AZ,
        "The controller's AZ. Without it, the suite's e2e_conf.yaml names the AZ (`e2eConf`).",
        ("primaryAz",),
        today="only the suite read it; the cloud always had testaz1",
    ),
    Variable(
        SECONDARY_AZ,
        "The worker's AZ. Without it, the suite's e2e_conf.yaml names the AZ (`e2eConf`).",
        ("secondaryAz",),
        today="only the suite read it; the cloud always had testaz2",
    ),
)
_PLACE = (
    Variable(
        "GCP_PROJECT",
        "Project to build in. Without it: GOOGLE_PROJECT, GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT or"
        " CLOUDSDK_CORE_PROJECT, then `gcp:project` of the settings. With BOSKOS_HOST, it is the"
        " leased project, and this variable is ignored with a warning.",
        field="project",
    ),
    Variable(
        "GCP_REGION",
        "Region. If the settings name no zones of it, `zones` becomes its first three.",
        ("region",),
        today="always zones -a, -b and -c, which some regions lack",
    ),
    Variable(
        "GCP_MACHINE_TYPE",
        "Machine type of both nodes.",
        ("controllerMachineType", "workerMachineType"),
    ),
    Variable("GCP_MACHINE_MIN_CPU_PLATFORM", "Oldest CPU platform to accept.", ("minCpuPlatform",)),
    Variable(
        "SKIP_INIT_INFRA",
        "Any value: build in the existing network GCP_NETWORK_NAME. `false`, `no`, `0` and `off`"
        " are refused.",
    ),
    Variable(
        "GCP_NETWORK_NAME",
        "An existing network, whose subnetwork has the same name. Refused without SKIP_INIT_INFRA,"
        " since a network that the stack creates is named after the stack.",
        ("existingNetwork", "existingSubnetwork"),
        today="gave the new network this name, but the instances used another network",
    ),
    Variable(
        "GOOGLE_APPLICATION_CREDENTIALS",
        "A key file. The guide lists the other sources of credentials.",
    ),
)
_JOB = (
    Variable(
        "RESOURCE_TYPE",
        "The platform, and the Boskos type to lease. Only `gce-project` is supported.",
        field="boskos_kind",
    ),
    Variable(
        "BOSKOS_HOST",
        "Boskos server. The job leases a project there and releases it at the end, also after a"
        " failure.",
        field="boskos_host",
        today="released the project after the tests, but not after an earlier failure",
    ),
    Variable(
        "BOSKOS_RESOURCE_NAME",
        "A project that the caller has leased and will release. The job leases none.",
        field="leased",
        today="the job set it itself",
    ),
    Variable(
        "ARTIFACTS",
        "Folder of logs and reports. Default: `_artifacts` in the CAPO checkout.",
        field="artifacts",
        today="two scripts had different defaults",
    ),
    Variable(
        "BUILD_ID",
        "Set by Prow. The stack is named after it, so that a rerun finds the same stack.",
        field="stack",
        today="all jobs used the same names",
    ),
)
_OWN = (
    Variable("DEVSTACK_SETTINGS", "Settings file to start from. Default: `Pulumi.ci.yaml`."),
    Variable(
        "DEVSTACK_SET_KEY",
        "Any setting, by its key, such as `DEVSTACK_SET_bootDiskGib=200` or"
        " `DEVSTACK_SET_zones=us-east4-b,us-east4-c`. It overrides all other variables.",
    ),
    Variable(
        "DEVSTACK_STACK", "The stack's name. Default: from BUILD_ID, else `e2e`.", field="stack"
    ),
    Variable("DEVSTACK_BOSKOS_WAIT_S", "Time limit for a free project.", field="boskos_wait_s"),
    Variable(
        "DEVSTACK_BOSKOS_HEARTBEAT_S",
        "Interval of the heartbeats while the project is leased.",
        field="heartbeat_s",
    ),
    Variable(
        "DEVSTACK_DEADLINE_S",
        "Time after which the job ends itself and tears down; 0: never. Set it so that the teardown"
        " fits into Prow's own time limit.",
        field="deadline_s",
    ),
    Variable(
        "DEVSTACK_SILENCE_S",
        "A node that has not answered over ssh for so long is replaced, until the tests begin.",
        field="silence_s",
    ),
    Variable(
        "DEVSTACK_REPLACEMENTS",
        "How often the job replaces nodes for that reason. The next silent node fails the job.",
        field="replacements",
    ),
    Variable(
        "DEVSTACK_TEARDOWN_BUDGET_S",
        "Time limit of the teardown, from the end of the tests or a signal to the end of the job:"
        " logs, destroy and release.",
        field="teardown_budget_s",
    ),
    Variable(
        "DEVSTACK_LOGS_CAP_S",
        "The part of it that the collection of logs may take.",
        field="logs_cap_s",
    ),
    Variable(
        "DEVSTACK_KEEP_ON_FAILURE_S",
        "How long the cloud is kept after a failure, for debugging; 0: not at all. Refused with"
        " Boskos.",
        field="keep_on_failure_s",
    ),
    Variable(
        "DEVSTACK_LEFTOVERS",
        "What to do at the start with leftovers of earlier jobs in the project: `remove`, the"
        " default in a leased project, or `report`, the default elsewhere, where another job may"
        " still use them.",
        field="leftovers",
    ),
    Variable(
        "DEVSTACK_TUNNEL",
        "`sshuttle`, or `none` if this machine already has routes to the nodes' network and the"
        " floating addresses.",
        field="tunnel",
    ),
    Variable("DEVSTACK_STATE_DIR", "Folder of the stacks, their state and passphrases."),
    Variable(
        "DEVSTACK_CACHE_DIR",
        "Folder of downloads and builds that can be repeated, such as Python packages.",
    ),
    Variable(
        "PULUMI_BACKEND_URL",
        "A Pulumi backend of your own for the state, instead of DEVSTACK_STATE_DIR.",
    ),
    Variable(
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "A file with a passphrase of your own. Without it, one is generated.",
    ),
)
_SUITE = (
    Variable("E2E_GINKGO_FOCUS", "Tests to run: a regular expression."),
    Variable("E2E_GINKGO_SKIP", "Tests to skip: regular expressions, separated by blanks."),
    Variable("E2E_GINKGO_PARALLEL", "Number of tests that run at the same time."),
    Variable("E2E_GINKGO_ARGS", "Flags for ginkgo."),
    Variable("E2E_ARGS", "Flags for the suite."),
    Variable("E2E_DATA_DIR", "Folder of the suite's data. The job looks for e2e_conf.yaml there."),
    Variable("E2E_CONF_PATH", "The e2e_conf.yaml itself. The job reads AZ names from it."),
    Variable("KUBETEST_CONF_PATH", "Configuration file of the conformance tests."),
    Variable("CONFORMANCE_E2E_ARGS", "Flags for the conformance suite."),
    Variable("CONFORMANCE_GINKGO_ARGS", "Flags for its ginkgo."),
    Variable(
        "E2E_IMAGE_URL",
        "URL from which Kubernetes nodes download CAPO's image. It must be on CONTROLLER_IP.",
        today="a URL elsewhere was not noticed",
    ),
    Variable(
        "OPENSTACK_IMAGE_NAME",
        "Image of the Kubernetes nodes.",
        today="on RESOURCE_TYPE=openstack the hosts' image as well",
    ),
    Variable(
        "OPENSTACK_CLOUD_YAML_FILE",
        "Set by the job: the path of a clouds.yaml outside ARTIFACTS that only its user can read.",
        today="clouds.yaml in the working directory; an existing one was overwritten",
    ),
)
SECTIONS = (
    Section(
        "The cloud",
        "Each variable overrides a setting. The job validates it before it leases a project.",
        _CLOUD,
    ),
    Section("Google Cloud", "Project, place and machines of the nodes.", _PLACE),
    Section("Prow and Boskos", "What Prow and its users tell the job.", _JOB),
    Section("The job's own", "These are new. Times are in seconds.", _OWN),
    Section(
        "The suite",
        "The job passes these to `make` unchanged, and all other variables except those in the last"
        " rows of the last table. The variables of e2e_conf.yaml can be set in the environment too."
        " If one names a resource of the cloud, the job checks that the cloud will have that"
        " resource, and refuses other names. It also checks the flavors and volume types in"
        " e2e_conf.yaml.",
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
