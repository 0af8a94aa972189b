"""Contradictions: find variables that contradict each other, and impossible values."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from job.cloud.configuration import provider_settings
from job.run.environment.job_environment import JobEnvironment
from job.run.environment.variables import ANY_SETTING, OTHER_PLATFORMS, VARIABLES

_PLATFORM = "gce-project"
_SWITCHES = ("SKIP_INIT_INFRA", "SKIP_SECONDARY_AZ")
_NO = ("false", "no", "0", "off")
_CHOICES = {"leftovers": ("remove", "report"), "tunnel": ("sshuttle", "none")}


def find(given: Mapping[str, str], job: JobEnvironment) -> list[str]:
    """Return a line for each contradiction among the non-empty variables."""
    return [
        *_names(given),
        *_platform(given),
        *_switches(given),
        *_project(given, job),
        *_times(job),
        *_choices(job),
    ]


def _names(given: Mapping[str, str]) -> Iterator[str]:
    """Yield lines for names that resemble ours, which would be silently ignored."""
    for name in sorted(given.keys() - VARIABLES.keys()):
        ours = name.startswith("DEVSTACK_") and not name.startswith(ANY_SETTING)
        near = get_close_matches(name, VARIABLES, n=1, cutoff=0.9)
        if near and (ours or name == "PRIVATE_NETORK_CIDR"):
            yield f"{name}: unknown; did you mean {near[0]}?"


def _platform(given: Mapping[str, str]) -> Iterator[str]:
    platform = given.get("RESOURCE_TYPE", _PLATFORM)
    if platform in OTHER_PLATFORMS:
        yield (
            f"RESOURCE_TYPE: '{platform}' is not supported, since the nodes are instances of"
            f" Google Cloud; unset it, or use {_PLATFORM}"
        )
    elif platform != _PLATFORM:
        yield f"RESOURCE_TYPE: '{platform}' is unknown; unset it, or use {_PLATFORM}"
    if "OPENSTACK_PUBLIC_IP" in given:
        yield (
            f"OPENSTACK_PUBLIC_IP: '{given['OPENSTACK_PUBLIC_IP']}', but the controller gets an"
            " address of its own; unset it"
        )


def _switches(given: Mapping[str, str]) -> Iterator[str]:
    for name in _SWITCHES:
        if given.get(name, "").lower() in _NO:
            yield f"{name}: '{given[name]}', but anything here means yes; unset it, or write true"
    if "SKIP_SECONDARY_AZ" in given and "WORKER_IP" in given:
        yield "WORKER_IP: set although SKIP_SECONDARY_AZ builds no worker; unset one of them"
    if "SKIP_INIT_INFRA" in given and "GCP_NETWORK_NAME" not in given:
        yield "SKIP_INIT_INFRA: no network to build in; set GCP_NETWORK_NAME as well"
    if "GCP_NETWORK_NAME" in given and "SKIP_INIT_INFRA" not in given:
        yield (
            f"GCP_NETWORK_NAME: '{given['GCP_NETWORK_NAME']}', but a network that the stack"
            " makes is named after it; unset it, or set SKIP_INIT_INFRA too if that network exists"
        )
    if "," in given.get("OPENSTACK_DNS_NAMESERVERS", ""):
        yield (
            f"OPENSTACK_DNS_NAMESERVERS: '{given['OPENSTACK_DNS_NAMESERVERS']}' is more than the"
            " suite takes; name one server"
        )


def _project(given: Mapping[str, str], job: JobEnvironment) -> Iterator[str]:
    named = given.get("GCP_PROJECT", job.leased)
    if job.leased and named != job.leased:
        yield (
            f"GCP_PROJECT: '{named}' is not the leased project BOSKOS_RESOURCE_NAME"
            f" '{job.leased}'; unset one of them"
        )
    if not job.project and not job.boskos_host:
        yield "GCP_PROJECT: no project; set it, or BOSKOS_HOST to lease one"
    in_settings = provider_settings(job.settings_file.config).get("project")
    if job.leases and in_settings:
        yield (
            f"gcp:project: '{in_settings}' is set although a project is leased; remove it from the"
            " stack's settings"
        )


def _times(job: JobEnvironment) -> Iterator[str]:
    if job.leases and not job.heartbeat_s:
        yield "DEVSTACK_BOSKOS_HEARTBEAT_S: 0 would never pause; give it 60"
    if job.logs_cap_s >= job.teardown_budget_s:
        yield (
            f"DEVSTACK_LOGS_CAP_S: {job.logs_cap_s:g} s of logs leave nothing of the"
            f" {job.teardown_budget_s:g} s of DEVSTACK_TEARDOWN_BUDGET_S; give the logs less"
        )
    if job.keep_on_failure_s and (job.boskos_host or job.leased):
        yield (
            "DEVSTACK_KEEP_ON_FAILURE_S: a leased project is given back, so nothing can stay in it;"
            " use a project of your own, or unset it"
        )


def _choices(job: JobEnvironment) -> Iterator[str]:
    for field, choices in _CHOICES.items():
        value = getattr(job, field)
        if value not in choices:
            yield f"DEVSTACK_{field.upper()}: '{value}'; use {' or '.join(choices)}"
