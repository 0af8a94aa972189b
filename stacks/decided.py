"""Decided: the parts of DevStack's configuration that a user's local.conf must not set.

They are derived from the local.conf of both roles, even for a stack without a worker: a user's file
reaches every node, and a worker's variable such as SERVICE_HOST would move the controller's APIs.
Defaults of DevStack on which the stack relies count as well.
"""

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from string import Template

from stacks.credentials import Credentials
from stacks.local_conf import BRANCH_VARIABLES, LocalConf, local_conf
from stacks.naming import ROLES, Role
from stacks.settings import Settings

_RELIED_UPON = frozenset(
    (
        *("REGION_NAME", "KEYSTONE_REGION_NAME"),  # clouds.yaml names the region,
        "PUBLIC_NETWORK_NAME",  # and the stack's outputs the external network.
        # devstack-host-network restores these after a reboot.
        *("OCTAVIA_MGMT_SUBNET", "PUBLIC_BRIDGE", "PUBLIC_NETWORK_GATEWAY"),
        *("DEST", "STACK_USER"),  # Our scripts on the nodes name them.
        *("MYSQL_HOST", "MYSQL_PASSWORD"),  # Older names of DATABASE_HOST and DATABASE_PASSWORD.
        # `enable_plugin` and `disable_service`, which our local.conf calls, keep lists there.
        *("DEVSTACK_PLUGINS", "DISABLED_SERVICES"),
    )
)
# Where DevStack's own variables for configuration files lead. nova-compute reads a copy of
# nova.conf, which DevStack then changes by the sections of $NOVA_CPU_CONF.
_FILE_VARIABLES = {
    "NOVA_CONF_DIR": "/etc/nova",
    "NOVA_CONF": "/etc/nova/nova.conf",
    "NOVA_CPU_CONF": "/etc/nova/nova.conf",
    "CINDER_CONF_DIR": "/etc/cinder",
    "CINDER_CONF": "/etc/cinder/cinder.conf",
    "NEUTRON_CONF_DIR": "/etc/neutron",
    "NEUTRON_CONF": "/etc/neutron/neutron.conf",
    "Q_PLUGIN_CONF_FILE": "etc/neutron/plugins/ml2/ml2_conf.ini",
    "NEUTRON_CORE_PLUGIN_CONF": "etc/neutron/plugins/ml2/ml2_conf.ini",
}
_SAME_FILE = {"/etc/nova/nova-cpu.conf": "/etc/nova/nova.conf"}

SETTING_OF = {
    "GIT_BASE": "git_base",
    "GIT_TIMEOUT": "git_timeout_s",
    "SERVICE_TIMEOUT": "service_timeout_s",
    "VOLUME_BACKING_FILE_SIZE": "volume_backing_gib",
    "OVN_BUILD_FROM_SOURCE": "ovn_from_source",
    "OVN_BRANCH": "ovn_branch",
    "OVS_BRANCH": "ovs_branch",
    "NEUTRON_BRANCH": "neutron_ref",
    **dict.fromkeys(BRANCH_VARIABLES.values(), "project_refs"),
    "HOST_IP": "controller_ip",
    "SERVICE_HOST": "controller_ip",
    "RABBIT_HOST": "controller_ip",
    "DATABASE_HOST": "controller_ip",
    "FLOATING_RANGE": "floating_cidr",
    "IPV4_ADDRS_SAFE_TO_USE": "tenant_cidr",
    "IMAGE_URLS": "amphora_image_url",
    "GLANCE_LIMIT_IMAGE_SIZE_TOTAL": "glance_limit_mb",
    "ENABLED_SERVICES": "additional_services",
    "DISABLED_SERVICES": "disabled_services",
    "cpu_allocation_ratio": "cpu_allocation_ratio",
    "default_schedule_zone": "primary_az",
    "storage_availability_zone": "primary_az",
    "global_physnet_mtu": "mtu",
    "dns_servers": "dns_nameservers",
}
"""The setting that decides a localrc variable or a service option."""


@dataclass(frozen=True, kw_only=True)
class Decided:
    """localrc variables; service options as (file, section, option); enabled plugins."""

    variables: frozenset[str]
    options: frozenset[tuple[str, str, str]]
    plugins: frozenset[str]


def decided(settings: Settings) -> Decided:
    """Return everything that is decided under these settings, which may be invalid."""
    confs = [_conf(settings, role) for role in ROLES]
    return Decided(
        variables=_RELIED_UPON.union(*(conf.variables for conf in confs)),
        options=frozenset(
            (configuration_file(file), section, option)
            for conf in confs
            for file, in_file in conf.files.items()
            for section, in_section in in_file.items()
            for option in in_section
        ),
        plugins=frozenset(name for conf in confs for name, *_ in conf.plugins),
    )


def _conf(settings: Settings, role: Role) -> LocalConf:
    # An unknown project is refused elsewhere.
    known = [ref for ref in settings.project_refs if ref.partition("=")[0] in BRANCH_VARIABLES]
    return local_conf(replace(settings, project_refs=tuple(known)), role, Credentials.placeholder())


def configuration_file(name: str) -> str:
    """Return the path in a heading, with DevStack's own variables expanded."""
    path = Template(name.strip("\"'")).safe_substitute(_FILE_VARIABLES)
    path = re.sub(r"^/{2,}", "/", str(PurePosixPath("/", path)))
    return _SAME_FILE.get(path, path)
