"""Configuration: tempest.conf, made from the answers of a cloud.

It has what tempest cannot find out by itself. Where a cloud does not say what it can do, the value
is that of DevStack, with the reason beside it. Time limits are long, since a guest without KVM
is slow.
"""

import configparser
import io
from dataclasses import dataclass
from pathlib import Path

from tests.devstack.guest.build import USER
from tests.devstack.tempest.answers import Answers, Backend

_BUILD_S = "900"
_LOGIN_S = "900"

Sections = dict[str, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Login:
    """An administrator of the cloud."""

    user: str
    password: str
    project: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """Resources that were made for the tests, by ID."""

    image: str
    other_image: str
    flavor: str
    other_flavor: str
    image_properties: tuple[tuple[str, str], ...]
    """Properties that an image of the same disk needs."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Paths of files on this machine."""

    workspace: Path
    disk: Path
    """The file to upload as an image."""


def sections(answers: Answers, login: Login, made: Made, places: Places, prefix: str) -> Sections:
    """Return the configuration. `prefix` begins the names of all resources that tempest makes."""
    return {
        "DEFAULT": {
            "resource_name_prefix": prefix,
            "log_file": str(places.workspace / "tempest.log"),
            "use_stderr": "false",
        },
        "oslo_concurrency": {"lock_path": str(places.workspace / "locks")},
        "auth": {
            "use_dynamic_credentials": "true",
            "admin_username": login.user,
            "admin_password": login.password,
            "admin_project_name": login.project,
            "admin_domain_name": answers.domain,
        },
        "identity": {"uri_v3": f"{answers.auth_url}/v3", "region": answers.region},
        **_services(answers),
        **_compute(answers, made),
        **_network(answers),
        **_volume(answers),
        **_image(answers, made, places.disk),
        **_load_balancer(answers),
        "validation": {
            "run_validation": "true",
            "connect_method": "floating",
            "image_ssh_user": USER,
            "image_alt_ssh_user": USER,
            "ssh_timeout": _LOGIN_S,
            "ping_timeout": _LOGIN_S,
            "network_for_ssh": answers.external_network_name,
        },
    }


def in_zone(given: Sections, zone: str) -> Sections:
    """Return the configuration with which all servers and volumes are made in one zone."""
    return {**given, "compute": {**given["compute"], "compute_volume_common_az": zone}}


def text(given: Sections) -> str:
    """Return the text of tempest.conf. oslo.config replaces a dollar sign unless it is doubled."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(
        {
            name: {key: value.replace("$", "$$") for key, value in options.items()}
            for name, options in given.items()
        }
    )
    written = io.StringIO()
    parser.write(written)
    return written.getvalue()


def _yes(condition: object) -> str:
    return "true" if condition else "false"


def _services(answers: Answers) -> Sections:
    types = answers.services
    available = {
        "cinder": types & {"block-storage", "volumev3"},
        "glance": "image" in types,
        "horizon": False,  # It has no API, so no catalog says where it is.
        "neutron": "network" in types,
        "nova": "compute" in types,
        "swift": "object-store" in types,
        "octavia": "load-balancer" in types,
        "load_balancer": "load-balancer" in types,
        "barbican": "key-manager" in types,
    }
    # No API says whether a service checks scopes. These do by DevStack's defaults.
    scoped = dict.fromkeys(("glance", "neutron", "nova"), "true")
    return {
        "service_available": {name: _yes(value) for name, value in available.items()},
        "enforce_scope": scoped,
    }


def _compute(answers: Answers, made: Made) -> Sections:
    return {
        "compute": {
            "image_ref": made.image,
            "image_ref_alt": made.other_image,
            "flavor_ref": made.flavor,
            "flavor_ref_alt": made.other_flavor,
            "min_compute_nodes": str(answers.compute_hosts),
            "max_microversion": answers.compute_microversion,
            "build_timeout": _BUILD_S,
            "build_interval": "2",
        },
        "compute-feature-enabled": {
            # Both need keys of ssh between the hosts, which DevStack does not exchange.
            "live_migration": "false",
            "cold_migration": "false",
            "hostname_fqdn_sanitization": "true",
            "nova_policy_roles": "admin,manager,member,reader,service",
        },
        "placement": {"max_microversion": answers.placement_microversion},
    }


def _network(answers: Answers) -> Sections:
    return {
        "network": {
            "public_network_id": answers.external_network,
            "floating_network_name": answers.external_network_name,
            "build_timeout": _BUILD_S,
        },
        "network-feature-enabled": {
            "api_extensions": ",".join(answers.extensions),
            "port_security": _yes("port-security" in answers.extensions),
            "ipv6_subnet_attributes": "true",
        },
    }


def _volume(answers: Answers) -> Sections:
    backends = sorted({backend.name for backend in answers.backends})
    first = answers.backends[0] if answers.backends else Backend(name="", protocol="", vendor="")
    # What a driver can do, no API says. LVM can do all of it.
    lvm = _yes(first.protocol == "iSCSI")
    return {
        "volume": {
            "max_microversion": answers.volume_microversion,
            "build_timeout": _BUILD_S,
            "storage_protocol": first.protocol,
            "vendor_name": first.vendor,
            "backend_names": ",".join(backends),
        },
        "volume-feature-enabled": {
            "multi_backend": _yes(len(backends) > 1),
            "backup": _yes("cinder-backup" in answers.volume_services),
            "extend_attached_volume": lvm,
            "manage_snapshot": lvm,
            "manage_volume": lvm,
            "volume_revert": lvm,
        },
    }


def _image(answers: Answers, made: Made, disk: Path) -> Sections:
    properties = ",".join(f"{name}:{value}" for name, value in made.image_properties)
    return {
        "image": {"build_timeout": _BUILD_S},
        "image-feature-enabled": {"import_image": _yes(answers.import_methods)},
        "scenario": {
            "img_file": str(disk),
            "img_disk_format": "raw",
            "img_properties": properties,
        },
    }


def _load_balancer(answers: Answers) -> Sections:
    providers = ",".join(
        f"{name}:{description.replace(',', ';')}" for name, description in answers.providers
    )
    zones = sorted(answers.compute_zones)
    return {
        "load_balancer": {
            "provider": "amphora",
            "availability_zone": zones[0] if zones else "",
            "enabled_provider_drivers": providers,
            # Octavia's own policy since 2026.1 knows Keystone's roles alone.
            "RBAC_test_type": "keystone_default_roles",
        }
    }
