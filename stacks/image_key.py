"""Image key: what the build of a node depends on, and whether an image fits a stack.

`KINDS` says of every setting whether it is part of the key. The parts of the key are those
settings, the node's programs, and the local.conf with fixed values for everything that a start
changes. They are written into an image's description, where anybody who may list images can read
them. So a long value is replaced by a digest, and so is a value that may contain a secret.
docs/decisions/0016-the-key-of-an-image.md
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from stacks.credentials import Credentials
from stacks.images import IMAGE, path_of
from stacks.local_conf import local_conf
from stacks.naming import Role
from stacks.problems import key_of
from stacks.rootfs import is_executable, sources
from stacks.settings import Settings

Kind = Literal["build", "start", "outside"]
"""build: part of the key. start: it reaches a node, and a start from an image may change it.
outside: it never reaches a node."""

KINDS: dict[str, Kind] = {
    # The nodes' host names are their roles, so the names of the stack stay outside.
    "stack": "outside",
    "project": "outside",
    "cluster_name": "outside",
    "labels": "outside",
    "region": "outside",
    "zones": "outside",
    "controller_zone": "outside",
    "worker_zone": "outside",
    "create_timeout_s": "outside",
    # The controller's databases have the worker as a host, or have it not.
    "worker": "build",
    "operating_system": "build",
    "image": "build",
    # DevStack sizes workers and buffers by the CPUs and the memory that it finds.
    "controller_machine_type": "build",
    "worker_machine_type": "build",
    # The zone decides which newer CPU it is, and Nova asks libvirt for it at each start.
    "min_cpu_platform": "outside",
    # A disk cannot be smaller than its image. The size of Cinder's and Nova's part follows from it.
    "boot_disk_gib": "build",
    "boot_disk_type": "outside",
    "spot": "outside",
    "vcpu_quota": "outside",
    "ssd_quota_gib": "outside",
    "internal_cidr": "build",
    # Databases, OVN, configuration and certificates of both nodes have both addresses.
    "controller_ip": "build",
    "worker_ip": "build",
    # Neutron has given it to the networks that DevStack created.
    "mtu": "build",
    "existing_network": "outside",
    "existing_subnetwork": "outside",
    # Compute Engine translates external addresses; a node does not see its own.
    "worker_external_ip": "outside",
    "floating_cidr": "build",
    "tenant_cidr": "build",
    "dns_nameservers": "start",
    "ssh_source_ranges": "outside",
    "http_source_ranges": "outside",
    "icmp_source_ranges": "outside",
    "neutron_source_ranges": "outside",
    "auth_url_host": "outside",
    "ssh_user": "start",
    "ssh_authorized_keys": "start",
    # The contents of the three files are in other fields.
    "ssh_authorized_keys_file": "outside",
    "primary_az": "start",
    "secondary_az": "start",
    "e2e_conf": "outside",
    "release": "build",
    "devstack_ref": "build",
    "neutron_ref": "build",
    "octavia_ref": "build",
    "octavia_dashboard_ref": "build",
    "project_refs": "build",
    "git_base": "build",
    # Time limits and mirrors of the build do not change its result.
    "git_timeout_s": "start",
    "pip_index_url": "start",
    "package_mirror": "start",
    "ovn_from_source": "build",
    "ovn_branch": "build",
    "ovs_branch": "build",
    "horizon": "build",
    "additional_services": "build",
    "disabled_services": "build",
    "amphora_image_url": "build",
    "volume_backing_gib": "build",
    "glance_limit_mb": "build",
    "cpu_allocation_ratio": "build",
    "service_timeout_s": "start",
    "local_conf_file": "outside",
    "wait_for": "outside",
    "ready_timeout_s": "outside",
    "node_deadline_s": "start",
    "readiness_deadline_s": "start",
    "smoke_test": "start",
    "smoke_test_image_url": "start",
    "baked_images": "outside",
    "baked_image_project": "outside",
    "baked_image_max_age_days": "outside",
    "controller_baked_image": "outside",
    "worker_baked_image": "outside",
    "baked_ready_timeout_s": "outside",
    "baked_from": "outside",
    "baked_at": "outside",
    "baked_commits": "outside",
    "local_conf_extra": "build",
}
"""The kind of every field of Settings."""

SCRIPTS, LOCAL_CONF = "scripts", "local.conf"
"""The parts that are no settings."""

_OF_ONE_ROLE: dict[str, Role] = {
    "controller_machine_type": "controller",
    "worker_machine_type": "worker",
}
# They may contain a password or a signature.
_NEVER_READABLE = ("amphora_image_url", "git_base", "local_conf_extra")
# More would not fit into a description, beside the names of thirty parts and some commits.
_LONGEST_VALUE = 24
_MOST_NAMES = 5
_USER = re.compile(r"(?<=://)[^/?#]*@")
_TREE = Path(__file__).resolve().parent.parent / "cloudinit"


@dataclass(frozen=True, kw_only=True)
class ImageKey:
    """The parts of a key by name: settings by their keys, `scripts` and `local.conf`."""

    parts: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The key as a label's value: 32 hex digits."""
        return _digest(json.dumps(dict(self.parts), sort_keys=True))[:32]


def image_key(settings: Settings, role: Role, tree: Path = _TREE) -> ImageKey:
    """Return the key of a role's image under valid settings. `tree` has the nodes' files."""
    settings = _normalized(settings)
    parts = dict(_of_settings(settings, role))
    parts[SCRIPTS] = _of_scripts(tree, role)
    text = local_conf(_started(settings), role, Credentials.placeholder()).text()
    parts[LOCAL_CONF] = _short(_digest(text))
    return ImageKey(parts=parts)


def name_differences(image: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Name the parts that differ between an image and here; empty if none does.

    A changed setting changes local.conf too, so that is named only if it is the cause.
    """
    names = [name for name in {**here, **image} if image.get(name) != here.get(name)]
    if any(name not in {SCRIPTS, LOCAL_CONF} for name in names):
        names = [name for name in names if name != LOCAL_CONF]
    named = [_named(name, image.get(name), here.get(name)) for name in names[:_MOST_NAMES]]
    others = len(names) - len(named)
    return ", ".join(named) + (f" and {others} more" if others else "")


def count_differences(image: Mapping[str, str], here: Mapping[str, str]) -> int:
    """Return the number of parts that differ."""
    return sum(image.get(name) != here.get(name) for name in {**here, **image})


def _named(name: str, image: str | None, here: str | None) -> str:
    values = [value or "empty" for value in (image, here)]
    if image is None or here is None or any(value.startswith("#") for value in values):
        return name
    return f"{name} ({values[0]}, here {values[1]})"


def _of_settings(settings: Settings, role: Role) -> Iterator[tuple[str, str]]:
    for field in fields(settings):
        if KINDS[field.name] == "build" and _OF_ONE_ROLE.get(field.name, role) == role:
            text = _text(getattr(settings, field.name))
            if text and (len(text) > _LONGEST_VALUE or field.name in _NEVER_READABLE):
                text = _short(_digest(text))
            yield key_of(field.name).removeprefix("devstack:"), text


def _text(value: Any) -> str:
    """Return a value as a settings file has it, on one line."""
    if isinstance(value, tuple):
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value)


def _normalized(settings: Settings) -> Settings:
    """Return settings in which one source has one spelling.

    A URL's user and password do not change what it leads to.
    """
    image = settings.image
    return replace(
        settings,
        image=path_of(image) if IMAGE.fullmatch(image) else image,
        git_base=_without_user(settings.git_base),
        amphora_image_url=_without_user(settings.amphora_image_url),
    )


def _without_user(url: str) -> str:
    return _USER.sub("", url, count=1)


def _started(settings: Settings) -> Settings:
    """Return settings with fixed values for everything that a start may change."""
    defaults: dict[str, Any] = {
        field.name: field.default for field in fields(settings) if KINDS[field.name] == "start"
    }
    return replace(settings, **defaults)


def _of_scripts(tree: Path, role: Role) -> str:
    """Return a digest of the role's files as they are in the tree, with names and modes."""
    listed = [
        [str(path.relative_to(tree)), is_executable(path), _digest(path.read_bytes())]
        for folder in ("common", role)
        for path in sources(tree / folder)
    ]
    return _short(_digest(json.dumps(listed)))


def _digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _short(digest: str) -> str:
    return f"#{digest[:16]}"
