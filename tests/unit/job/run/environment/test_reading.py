"""Environment of the job: accepted variables, their effects, and refusals."""

from pathlib import Path

import pytest
import yaml

from host.errors import RefusedError
from host.folders import CHECKOUT
from job.cloud import stack
from job.run.environment import reading
from job.run.environment.variables import OTHER_PLATFORMS, SECTIONS, VARIABLES
from stacks.settings import setting_fields

_CONF = "test/e2e/data/e2e_conf.yaml"
_AZS = "OPENSTACK_FAILURE_DOMAIN: {}\n  OPENSTACK_FAILURE_DOMAIN_ALT: {}\n"


@pytest.fixture
def capo(tmp_path):
    """A CAPO checkout with the file that names the AZs."""
    folder = tmp_path / "capo"
    (folder / _CONF).parent.mkdir(parents=True)
    (folder / _CONF).write_text("variables:\n  " + _AZS.format("az-one", "az-two"))
    return folder


@pytest.fixture
def read(capo):
    """Read an environment, by default with a project."""

    def read(kind="e2e", **variables):
        return reading.read({"GCP_PROJECT": "mine"} | variables, capo, kind)

    return read


@pytest.fixture
def problems(read):
    """Return the lines with which an environment is refused."""

    def refuse(**variables):
        with pytest.raises(RefusedError) as refused:
            read(**variables)
        return str(refused.value).splitlines()

    return refuse


def overrides(job):
    """Return the settings that the environment overrides."""
    base = yaml.safe_load((CHECKOUT / "Pulumi.ci.yaml").read_text())["config"]
    base |= {"gcp:project": "mine", "devstack:waitFor": "none"}
    changed = {key: value for key, value in job.settings_file.config.items() if key not in base}
    changed |= {
        key: job.settings_file.config[key]
        for key, value in base.items()
        if job.settings_file.config[key] != value
    }
    return {key.removeprefix("devstack:"): value for key, value in changed.items()}


@pytest.fixture
def base(tmp_path):
    """A settings file without any settings."""
    path = tmp_path / "base.yaml"
    path.write_text("config: {}\n")
    return path


def test_every_setting_and_field_of_the_table_exists():
    fields = set(reading.JobEnvironment.__dataclass_fields__) | {""}
    named = [key for variable in VARIABLES.values() for key in variable.settings]

    assert set(named) <= set(setting_fields())
    assert {variable.field for variable in VARIABLES.values()} <= fields


def test_no_variable_is_in_the_table_twice():
    names = [variable.name for section in SECTIONS for variable in section.variables]
    names += [name for others in OTHER_PLATFORMS.values() for name in others]

    assert len(names) == len(set(names))


def test_todays_job_needs_nothing_but_boskos(read, capo):
    """The variables that Prow sets for today's job suffice."""
    job = read(GCP_PROJECT="", BOSKOS_HOST="boskos.test-pods.svc.cluster.local")

    assert (job.leases, job.project, job.boskos_kind) == (True, "", "gce-project")
    assert job.artifacts == capo / "_artifacts"
    assert job.warnings == ()


@pytest.mark.parametrize(
    ("variables", "settings"),
    [
        ({"CLUSTER_NAME": "mine"}, {"clusterName": "mine"}),
        ({"OPENSTACK_RELEASE": "2025.2"}, {"release": "2025.2"}),
        ({"OPENSTACK_ENABLE_HORIZON": "true"}, {"horizon": True}),
        (
            {"OPENSTACK_ADDITIONAL_SERVICES": ",tempest, dstat"},
            {"additionalServices": ["tempest", "dstat"]},
        ),
        ({"OPENSTACK_DNS_NAMESERVERS": "1.1.1.1"}, {"dnsNameservers": ["1.1.1.1"]}),
        ({"FLOATING_RANGE": "172.25.0.0/24"}, {"floatingCidr": "172.25.0.0/24"}),
        (
            {
                "PRIVATE_NETWORK_CIDR": "10.5.0.0/24",
                "CONTROLLER_IP": "10.5.0.5",
                "WORKER_IP": "10.5.0.6",
            },
            {"internalCidr": "10.5.0.0/24", "controllerIp": "10.5.0.5", "workerIp": "10.5.0.6"},
        ),
        ({"SKIP_SECONDARY_AZ": "1"}, {"worker": False}),
        (
            {"GCP_MACHINE_TYPE": "n2-standard-8"},
            {"controllerMachineType": "n2-standard-8", "workerMachineType": "n2-standard-8"},
        ),
        (
            {"SKIP_INIT_INFRA": "true", "GCP_NETWORK_NAME": "theirs"},
            {"existingNetwork": "theirs", "existingSubnetwork": "theirs"},
        ),
        ({"DEVSTACK_SET_bootDiskGib": "400"}, {"bootDiskGib": 400}),
        (
            {
                "GCP_MACHINE_TYPE": "n2-standard-8",
                "DEVSTACK_SET_workerMachineType": "n2-standard-4",
            },
            {"controllerMachineType": "n2-standard-8", "workerMachineType": "n2-standard-4"},
        ),
    ],
    ids=lambda value: "-".join(value) if "A" <= min(value)[0] <= "Z" else "",
)
def test_a_variable_overrides_its_settings(read, variables, settings):
    changed = overrides(read(**variables))
    del changed["e2eConf"]

    assert changed == settings


def test_horizon_needs_no_additional_services(read):
    """Today this combination fails: the script reads an unset variable."""
    assert "additionalServices" not in overrides(read(OPENSTACK_ENABLE_HORIZON="true"))


def test_an_empty_variable_is_none(read):
    assert overrides(read(FLOATING_RANGE="", SKIP_SECONDARY_AZ=" ")).keys() == {"e2eConf"}


def test_both_azs_come_from_the_suites_own_configuration(read, capo):
    job = read()

    assert overrides(job) == {"e2eConf": str(capo / _CONF)}
    assert job.settings_file.settings.availability_zones == ("az-one", "az-two")


def test_an_az_of_the_environment_wins_as_it_does_in_the_suite(read):
    """The other AZ keeps its name from the file, which the suite reads as well."""
    changed = overrides(read(OPENSTACK_FAILURE_DOMAIN_ALT="other"))

    assert changed == {"primaryAz": "az-one", "secondaryAz": "other", "e2eConf": ""}


@pytest.mark.parametrize("name", ["E2E_CONF_PATH", "E2E_DATA_DIR"])
def test_the_configuration_is_looked_for_where_make_looks(read, capo, name):
    (capo / "elsewhere").mkdir()
    path = capo / "elsewhere/e2e_conf.yaml"
    path.write_text("variables:\n  " + _AZS.format("a", "b"))
    given = "elsewhere/e2e_conf.yaml" if name == "E2E_CONF_PATH" else str(path.parent)

    assert overrides(read(**{name: given})) == {"e2eConf": str(path)}


def test_a_configuration_without_azs_is_refused(problems, capo):
    (capo / _CONF).write_text("variables: {}\n")

    assert any(line.startswith("devstack:e2eConf: ") for line in problems())
    assert any("devstack:e2eConf" in line for line in problems(OPENSTACK_FAILURE_DOMAIN="one"))


def test_without_a_worker_no_second_az_is_needed(read, capo, base):
    (capo / _CONF).write_text("variables: {OPENSTACK_FAILURE_DOMAIN: az-one}\n")
    conf = str(capo / _CONF)

    assert overrides(read(SKIP_SECONDARY_AZ="1")) == {"worker": False, "e2eConf": conf}
    given = {"SKIP_SECONDARY_AZ": "1", "OPENSTACK_FAILURE_DOMAIN": "mine"}
    assert overrides(read(**given)) == {"worker": False, "primaryAz": "mine", "e2eConf": ""}
    base.write_text("config: {'devstack:worker': false}\n")
    settings = read(DEVSTACK_SETTINGS=str(base)).settings_file.settings
    assert (settings.worker, settings.primary_az, settings.e2e_conf) == (False, "az-one", conf)


def test_the_conformance_tests_need_no_second_az(read, problems, capo):
    (capo / _CONF).write_text("variables: {OPENSTACK_FAILURE_DOMAIN: az-one}\n")

    assert overrides(read("conformance")) == {"primaryAz": "az-one", "e2eConf": ""}
    assert "variables.OPENSTACK_FAILURE_DOMAIN_ALT" in problems()[0]


def test_a_heartbeat_is_nothing_without_a_lease(read, problems):
    assert read(DEVSTACK_BOSKOS_HEARTBEAT_S="0")
    (line,) = problems(BOSKOS_HOST="boskos", DEVSTACK_BOSKOS_HEARTBEAT_S="0")
    assert line.startswith("DEVSTACK_BOSKOS_HEARTBEAT_S: 0 would never pause")


def test_a_checkout_without_the_configuration_leaves_the_azs_as_they_are(read, capo):
    (capo / _CONF).unlink()

    assert overrides(read()) == {}


@pytest.mark.parametrize(
    ("region", "zones"),
    [
        ("us-east4", ["us-east4-a", "us-east4-b", "us-east4-c"]),
        ("europe-west4", ["europe-west4-a", "europe-west4-b", "europe-west4-c"]),
        ("us-east1", ["us-east1-b", "us-east1-c", "us-east1-d"]),
    ],
)
def test_a_region_brings_its_zones(read, region, zones):
    """For instance, us-east1 has no zone -a."""
    assert list(read(GCP_REGION=region).settings_file.settings.zones) == zones


def test_zones_of_the_settings_are_kept_in_their_region(read, base):
    base.write_text("config: {'devstack:zones': [us-east4-c]}\n")
    job = read(GCP_REGION="us-east4", DEVSTACK_SETTINGS=str(base))

    assert job.settings_file.settings.zones == ("us-east4-c",)


def test_zones_of_another_region_are_refused(problems):
    (line,) = problems(GCP_REGION="europe-west4", DEVSTACK_SET_zones="us-east4-a")

    assert line.startswith("DEVSTACK_SET_zones: devstack:zones: 'us-east4-a' is no zone of region")


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        (
            {"RESOURCE_TYPE": "libvirt"},
            "RESOURCE_TYPE: 'libvirt' is not supported, since the nodes",
        ),
        ({"RESOURCE_TYPE": "gcp"}, "RESOURCE_TYPE: 'gcp' is unknown; unset it, or use gce-project"),
        ({"SKIP_SECONDARY_AZ": "1", "WORKER_IP": "10.0.3.17"}, "WORKER_IP: set although"),
        ({"SKIP_SECONDARY_AZ": "false"}, "SKIP_SECONDARY_AZ: 'false', but anything here means yes"),
        ({"SKIP_INIT_INFRA": "1"}, "SKIP_INIT_INFRA: no network to build in"),
        (
            {"GCP_NETWORK_NAME": "net"},
            "GCP_NETWORK_NAME: 'net', but a network that the stack makes",
        ),
        ({"OPENSTACK_DNS_NAMESERVERS": "8.8.8.8,1.1.1.1"}, "OPENSTACK_DNS_NAMESERVERS: '8.8.8.8,1"),
        (
            {"OPENSTACK_PUBLIC_IP": "192.0.2.1"},
            "OPENSTACK_PUBLIC_IP: '192.0.2.1', but the controller",
        ),
        ({"GCP_PROJECT": ""}, "GCP_PROJECT: no project; set it, or BOSKOS_HOST to lease one"),
        ({"BOSKOS_RESOURCE_NAME": "theirs"}, "GCP_PROJECT: 'mine' is not the leased project"),
        (
            {"BOSKOS_HOST": "boskos", "DEVSTACK_KEEP_ON_FAILURE_S": "60"},
            "DEVSTACK_KEEP_ON_FAILURE_S: a leased project is given back",
        ),
        ({"DEVSTACK_LOGS_CAP_S": "840"}, "DEVSTACK_LOGS_CAP_S: 840 s of logs leave nothing of"),
        ({"DEVSTACK_LEFTOVERS": "keep"}, "DEVSTACK_LEFTOVERS: 'keep'; use remove or report"),
        ({"DEVSTACK_DEADLINE_S": "3h"}, "DEVSTACK_DEADLINE_S: '3h' is no number of seconds"),
        ({"DEVSTACK_DEADLINE_S": "-1"}, "DEVSTACK_DEADLINE_S: '-1' is no number of seconds"),
        ({"DEVSTACK_REPLACEMENTS": "-1"}, "DEVSTACK_REPLACEMENTS: '-1' is no number; give one"),
        ({"OPENSTACK_CLOUD": "devstack"}, "OPENSTACK_CLOUD: 'devstack' is not what the cloud has"),
        ({"PRIVATE_NETORK_CIDR": "10.5.0.0/24"}, "PRIVATE_NETORK_CIDR: unknown; did you mean PRIV"),
        (
            {"DEVSTACK_LOG_CAP_S": "1"},
            "DEVSTACK_LOG_CAP_S: unknown; did you mean DEVSTACK_LOGS_CAP_S",
        ),
        ({"DEVSTACK_SET_bootDisk": "1"}, "DEVSTACK_SET_bootDisk: devstack:bootDisk: unknown key"),
        (
            {"FLOATING_RANGE": "172.24.4.1/24"},
            "FLOATING_RANGE: devstack:floatingCidr: '172.24.4.1/24",
        ),
        ({"OPENSTACK_ENABLE_HORIZON": "yes"}, "OPENSTACK_ENABLE_HORIZON: devstack:horizon: 'yes'"),
        ({"DEVSTACK_SETTINGS": "/nowhere"}, "DEVSTACK_SETTINGS: /nowhere cannot be read"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_a_contradiction_is_refused(problems, variables, line):
    (found,) = problems(**variables)

    assert found.startswith(line)


def test_an_image_url_must_be_on_the_controller(problems, read):
    """Today nothing checks this, and the self-hosted tests fail an hour later."""
    variables = {"PRIVATE_NETWORK_CIDR": "10.5.0.0/24", "CONTROLLER_IP": "10.5.0.15"}
    variables |= {"WORKER_IP": "10.5.0.16"}
    right = "http://10.5.0.15/capo-e2e-image.tar"

    (line,) = problems(**variables, E2E_IMAGE_URL="http://10.0.3.15/capo-e2e-image.tar")

    assert line.startswith("E2E_IMAGE_URL: 'http://10.0.3.15/capo-e2e-image.tar' is not what the")
    assert line.endswith(f"unset it, or use '{right}'")
    assert read(**variables, E2E_IMAGE_URL=right)


def test_all_problems_are_said_at_once(problems):
    lines = problems(
        RESOURCE_TYPE="libvirt",
        SKIP_INIT_INFRA="1",
        FLOATING_RANGE="nonsense",
        DEVSTACK_LOGS_CAP_S="x",
    )

    assert [line.partition(":")[0] for line in lines] == [
        "DEVSTACK_LOGS_CAP_S",
        "RESOURCE_TYPE",
        "SKIP_INIT_INFRA",
        "FLOATING_RANGE",
    ]


def test_variables_of_other_platforms_are_named_in_one_warning(read):
    job = read(AWS_REGION="eu-central-1", LIBVIRT_VCPU="4")

    assert job.warnings == ("ignored, since they are of other platforms: LIBVIRT_VCPU, AWS_REGION",)


def test_a_project_that_the_caller_leased_is_not_leased_again(read):
    job = read(GCP_PROJECT="theirs", BOSKOS_HOST="boskos", BOSKOS_RESOURCE_NAME="theirs")

    assert (job.leases, job.project) == (False, "theirs")


def test_boskos_and_not_the_environment_says_which_project(read):
    job = read(BOSKOS_HOST="boskos")

    assert (job.leases, job.project) == (True, "")
    assert job.warnings == ("GCP_PROJECT: ignored, since BOSKOS_HOST leases a project",)


@pytest.mark.parametrize(
    ("variables", "leftovers"),
    [
        ({"BOSKOS_HOST": "boskos"}, "remove"),
        ({}, "report"),
        ({"BOSKOS_HOST": "boskos", "DEVSTACK_LEFTOVERS": "report"}, "report"),
    ],
)
def test_leftovers_are_removed_only_where_nobody_else_works(read, variables, leftovers):
    assert read(**variables).leftovers == leftovers


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "e2e"),
        ({"BUILD_ID": "1993123456789012345"}, "e2e-1993123456789012345"),
        ({"BUILD_ID": "feature/X #12"}, "e2e-1174cd4ce1cc"),
        ({"BUILD_ID": "1", "DEVSTACK_STACK": "mine"}, "mine"),
    ],
)
def test_a_job_has_the_same_stack_in_every_run(read, variables, name):
    assert read(**variables).stack == name


def test_a_stacks_name_is_one_that_can_be_staged(read, environ, checkout):
    """The build ID may be any text."""
    job = read(BUILD_ID="x" * 70)
    staged = stack.stage(job.stack, environ, settings=job.settings_file, checkout=checkout)

    assert staged.name == job.stack


def test_settings_are_the_base_with_overrides_on_top(read, capo, base, environ):
    """The engine gets the job's settings; keys of other programs stay unchanged."""
    base.write_text(
        "encryptionsalt: theirs\n"
        "config: {'devstack:operatingSystem': ubuntu-24.04, 'gcp:x': y, 'devstack:waitFor': all,"
        " 'devstack:sshSourceRanges': [192.0.2.1/32]}\n"
    )
    job = read(DEVSTACK_SETTINGS=str(base), OPENSTACK_RELEASE="2026.1")
    staged = stack.stage(job.stack, environ, settings=job.settings_file)

    assert yaml.safe_load(staged.settings_path.read_text()) == {
        "encryptionsalt": "theirs",
        "config": {
            "devstack:operatingSystem": "ubuntu-24.04",
            "devstack:release": "2026.1",
            "gcp:x": "y",
            "devstack:e2eConf": str(capo / _CONF),
            "devstack:sshSourceRanges": ["192.0.2.1/32"],
            "gcp:project": "mine",
            "devstack:waitFor": "none",
        },
    }
    settings = staged.settings
    assert (settings.operating_system, settings.release) == ("ubuntu-24.04", "2026.1")
    assert (settings.project, settings.wait_for) == ("mine", "none")
    assert (settings.stack, settings.primary_az) == (job.stack, "az-one")


def test_a_project_that_was_leased_since_is_the_stacks(read, environ):
    job = read(BOSKOS_HOST="boskos")
    staged = stack.stage(job.stack, environ, settings=job.settings_file)
    leased = staged.in_project("leased")
    config = yaml.safe_load(leased.settings_path.read_text())["config"]

    assert (staged.settings.project, leased.settings.project) == ("", "leased")
    assert config == {**staged.configuration, "gcp:project": "leased"}


def test_a_project_beside_a_lease_is_a_contradiction(problems, base):
    """The stack would be created there instead of in the leased project."""
    base.write_text("config: {'gcp:project': capo}\n")

    (line,) = problems(BOSKOS_HOST="boskos", DEVSTACK_SETTINGS=str(base))
    assert line == (
        "gcp:project: 'capo' is set although a project is leased; remove it from the stack's"
        " settings"
    )


def test_an_encrypted_setting_is_refused_before_anything_is_leased(problems, base):
    base.write_text("config: {'devstack:region': {secure: v1:abc}}\n")

    assert problems(DEVSTACK_SETTINGS=str(base)) == [
        "devstack:region: it is encrypted; no setting is a secret, write it as it is"
    ]


def test_a_project_of_the_settings_is_enough(read, base):
    base.write_text("config: {'gcp:project': double}\n")

    assert read(GCP_PROJECT="", DEVSTACK_SETTINGS=str(base)).project == "double"


def test_the_suite_gets_what_was_given_over_what_the_stack_says(read, capo):
    job = read(E2E_GINKGO_FOCUS=r"\[PR-Blocking\]", OPENSTACK_NODE_MACHINE_FLAVOR="m1.medium", A="")
    suite = job.for_suite({"OPENSTACK_NODE_MACHINE_FLAVOR": "m1.small", "A": "a", "B": "b"})

    assert suite["E2E_GINKGO_FOCUS"] == r"\[PR-Blocking\]"
    assert suite["OPENSTACK_NODE_MACHINE_FLAVOR"] == "m1.medium"
    assert (suite["A"], suite["B"]) == ("a", "b")
    assert suite["ARTIFACTS"] == str(capo / "_artifacts")


def test_the_suites_own_choice_is_not_overridden_by_the_stacks(read, capo):
    """A change of e2e_conf.yaml to a larger flavor is tested with that flavor."""
    with (capo / _CONF).open("a") as conf:
        conf.write("  OPENSTACK_NODE_MACHINE_FLAVOR: m1.large\n  OPENSTACK_CLOUD: other\n")
    stack = {"OPENSTACK_NODE_MACHINE_FLAVOR": "m1.small", "OPENSTACK_CLOUD": "capo-e2e"}

    suite = read().for_suite(stack)
    assert "OPENSTACK_NODE_MACHINE_FLAVOR" not in suite
    assert suite["OPENSTACK_CLOUD"] == "capo-e2e"
    given = {"OPENSTACK_NODE_MACHINE_FLAVOR": "m1.tiny"}
    assert read(**given).for_suite(stack)["OPENSTACK_NODE_MACHINE_FLAVOR"] == "m1.tiny"


def test_the_suite_gets_no_other_cloud_and_no_passphrase(read):
    """OS_CLOUD or OS_AUTH_URL would override clouds.yaml."""
    suite = read(OS_CLOUD="mine", OS_AUTH_URL="http://x", PULUMI_CONFIG_PASSPHRASE="s").for_suite(
        {}
    )

    assert not [name for name in suite if name.startswith(("OS_", "PULUMI_"))]


def test_artifacts_are_found_from_the_checkout_as_make_would(read, capo):
    """Today's scripts work in the checkout, wherever they are called from."""
    assert read(ARTIFACTS="logs").artifacts == capo / "logs"
    assert read(ARTIFACTS="/logs/artifacts").artifacts == Path("/logs/artifacts")


def test_the_environment_is_in_no_representation(read):
    """Its contents must not reach a traceback or a log."""
    assert "hunter2" not in repr(read(SECRET="hunter2"))


def test_the_settings_are_in_no_representation(read, base):
    base.write_text("config: {'gcp:accessToken': hunter2}\n")

    assert "hunter2" not in repr(read(DEVSTACK_SETTINGS=str(base)))
