"""local.conf: DevStack's configuration, for both roles from one model, so that they agree.

It has only variables that the supported releases read. A default value is written only if both
nodes must agree on it, since a default may change.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks.credentials import Credentials
from stacks.devstack_services import enabled_services, runs
from stacks.naming import Role
from stacks.settings import Settings

PLUGIN_DIRECTORY = "/opt/stack/local-plugins/await-controller"
"""The git repository of the worker's plugin that waits for the controller."""

BRANCH_VARIABLES = {
    project: f"{project.upper()}_BRANCH"
    for project in (
        *("cinder", "glance", "horizon", "keystone", "nova", "placement", "requirements"),
        *("novnc", "swift", "tempest"),
    )
}
"""DevStack's branch variable of each project whose ref can be set."""

_PASSWORD = re.compile(r"[A-Za-z0-9]+")


class _Expression(str):
    """A value that bash evaluates, so it is not quoted."""

    __slots__ = ()


_TUNING = {
    "ENABLE_SYSCTL_MEM_TUNING": "True",
    "ENABLE_SYSCTL_NET_TUNING": "True",
    # DevStack fails if the kernel has no zpool.
    "ENABLE_ZSWAP": _Expression(
        "$([[ -e /sys/module/zswap/parameters/zpool ]] && echo True || echo False)"
    ),
}
_PRESETS = {"controller": {**_TUNING, "OVN_DBS_LOG_LEVEL": "dbg"}, "worker": _TUNING}


@dataclass(frozen=True, kw_only=True)
class LocalConf:
    """The parts of a local.conf.

    `variables` are decided here, and `extra` may not set them. `presets` are tuning on which
    nothing else depends and for which there is no setting, so `extra` may. `files` is
    file -> section -> option -> value. `extra` is further text, in localrc unless it opens a
    section itself.
    """

    variables: Mapping[str, str]
    presets: Mapping[str, str]
    plugins: tuple[tuple[str, str, str], ...]
    disabled_services: tuple[str, ...]
    files: Mapping[str, Mapping[str, Mapping[str, str]]]
    extra: str

    def text(self) -> str:
        """Return the file's text, in a fixed order."""
        lines = [*self._lines(), *(("", "[[local|localrc]]", self.extra) if self.extra else ())]
        return "\n".join(lines).rstrip("\n") + "\n"

    def _lines(self) -> Iterator[str]:
        yield "[[local|localrc]]"
        for name, value in {**self.variables, **self.presets}.items():
            yield f"{name}={value if isinstance(value, _Expression) else shlex.quote(value)}"
        for plugin in self.plugins:
            yield shlex.join(("enable_plugin", *plugin))
        for service in self.disabled_services:
            yield f"disable_service {service}"
        for file, sections in self.files.items():
            yield f"\n[[post-config|{file}]]"
            for section, options in sections.items():
                yield f"[{section}]"
                yield from (f"{option} = {value}" for option, value in options.items())


def local_conf(settings: Settings, role: Role, credentials: Credentials) -> LocalConf:
    """Return a role's local.conf. Raises ValueError for an unusable password."""
    return LocalConf(
        variables={
            **_common_variables(settings, credentials),
            **_VARIABLES[role](settings),
            "ENABLED_SERVICES": ",".join(enabled_services(settings, role)),
        },
        presets=_PRESETS[role],
        plugins=tuple(plugins(settings, role)),
        disabled_services=settings.disabled_services,
        files=_files(settings, role),
        extra=settings.local_conf_extra,
    )


def _common_variables(settings: Settings, credentials: Credentials) -> dict[str, str]:
    passwords = {
        "ADMIN_PASSWORD": credentials.admin_password,
        "DATABASE_PASSWORD": credentials.database_password,
        "RABBIT_PASSWORD": credentials.rabbit_password,
        "SERVICE_PASSWORD": credentials.service_password,
    }
    for name, value in passwords.items():
        if not _PASSWORD.fullmatch(value):
            # DevStack puts them into URLs, SQL and shell as they are.
            raise ValueError(f"{name}: only letters and digits survive DevStack")
    return {
        "GIT_BASE": settings.git_base,
        "GIT_TIMEOUT": str(settings.git_timeout_s),
        **_branches(settings),
        **passwords,
        "SERVICE_TIMEOUT": str(settings.service_timeout_s),
        "LOGFILE": "/opt/stack/logs/stack.sh.log",
        "VERBOSE": "True",
        "LOG_COLOR": "False",
        "VOLUME_BACKING_FILE_SIZE": f"{settings.volume_backing_gib}G",
        **_ovn_source(settings),
    }


def _ovn_source(settings: Settings) -> dict[str, str]:
    if not settings.ovn_from_source:
        return {"OVN_BUILD_FROM_SOURCE": "False"}
    return {
        "OVN_BUILD_FROM_SOURCE": "True",
        "OVN_BRANCH": settings.ovn_branch,
        "OVS_BRANCH": settings.ovs_branch,
    }


def _branches(settings: Settings) -> dict[str, str]:
    refs = (pair.partition("=") for pair in settings.project_refs)
    neutron = {"NEUTRON_BRANCH": settings.neutron_ref} if settings.neutron_ref else {}
    return neutron | {BRANCH_VARIABLES[project]: ref for project, _, ref in refs}


def _controller_variables(settings: Settings) -> dict[str, str]:
    return {
        "HOST_IP": settings.controller_ip,
        "FLOATING_RANGE": settings.floating_cidr,
        # The default pool, 10.0.0.0/22, would contain the nodes' own network.
        "IPV4_ADDRS_SAFE_TO_USE": settings.tenant_cidr,
        "ENABLE_CHASSIS_AS_GW": "True",
        "DOWNLOAD_DEFAULT_IMAGES": "False",
        # Otherwise DevStack downloads an image that nothing uses.
        "IMAGE_URLS": settings.amphora_image_url if runs(settings, "octavia") else "",
        "GLANCE_LIMIT_IMAGE_SIZE_TOTAL": str(settings.glance_limit_mb),
    }


def _worker_variables(settings: Settings) -> dict[str, str]:
    controller = settings.controller_ip
    return {
        "HOST_IP": settings.worker_ip,
        "SERVICE_HOST": controller,
        "RABBIT_HOST": controller,
        "DATABASE_HOST": controller,
        # Without a local database, DevStack derives the kind in Cinder's URL from this.
        "DATABASE_TYPE": "mysql",
        "ENABLE_CHASSIS_AS_GW": "False",
    }


def plugins(settings: Settings, role: Role) -> Iterator[tuple[str, str, str]]:
    """Yield name, repository and ref of a role's DevStack plugins."""
    branch = f"stable/{settings.release}"
    # Octavia's plugin calls a function of neutron's for its management interface.
    refs = {"neutron": settings.neutron_ref}
    if role == "controller" and runs(settings, "octavia"):
        refs["octavia"] = settings.octavia_ref
        if settings.horizon:
            refs["octavia-dashboard"] = settings.octavia_dashboard_ref
    for name, ref in refs.items():
        yield name, f"{settings.git_base}/openstack/{name}", ref or branch
    if role == "worker":
        yield "await-controller", f"file://{PLUGIN_DIRECTORY}", "main"


def _files(settings: Settings, role: Role) -> dict[str, dict[str, dict[str, str]]]:
    nova = {"cpu_allocation_ratio": str(settings.cpu_allocation_ratio)}
    zone = settings.primary_az if role == "controller" else settings.secondary_az
    files = {
        "$NOVA_CONF": {"DEFAULT": nova, "workarounds": {"disable_deep_image_inspection": "True"}},
        "$CINDER_CONF": {"DEFAULT": {"storage_availability_zone": zone}},
    }
    if role == "controller":
        # Servers without a zone go here, since the worker is the smaller node.
        nova["default_schedule_zone"] = settings.primary_az
        files["$NEUTRON_CONF"] = {"DEFAULT": {"global_physnet_mtu": str(settings.mtu)}}
        servers = ",".join(settings.dns_nameservers)
        files["/$Q_PLUGIN_CONF_FILE"] = {"ovn": {"dns_servers": servers}}
    return files


_VARIABLES = {"controller": _controller_variables, "worker": _worker_variables}
