"""User data: the cloud-config of a node, from the file tree under cloudinit/ and Settings.

Pure: the same settings, role and credentials give the same bytes. It refuses missing and unused
values, secrets in readable files, and documents that are too large for Compute Engine.
"""

import base64
import gzip
import io
import ipaddress
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from stacks.credentials import Credentials
from stacks.devstack_services import enabled_services, ovn_agent
from stacks.local_conf import PLUGIN_DIRECTORY, local_conf
from stacks.naming import Role
from stacks.platforms import PLATFORMS
from stacks.roles import node_roles
from stacks.rootfs import Templates, files
from stacks.settings import Settings

USER_DATA_LIMIT_BYTES = 262_144
"""Compute Engine's limit for a metadata value."""

_TREE = Path(__file__).resolve().parent.parent / "cloudinit"
_LIBRARY = "/usr/local/lib/devstack-node/"
_LOCAL_CONF = "/etc/devstack-node/local.conf"
_HEADER = "#cloud-config\n"
_WORLD_WRITABLE = ("tmp", "var/tmp", "dev/shm", "run/lock")


class UserDataError(ValueError):
    """The user data cannot be rendered, or no instance would accept it."""


def render(settings: Settings, role: Role, credentials: Credentials) -> str:
    """Return a role's user data. Raises UserDataError, or ValueError for unfit values."""
    templates = Templates(_values(settings, role, credentials))
    text = templates.render(_TREE / "common" / "user-data.yaml.tmpl")
    document = yaml.load(text, yaml.CSafeLoader)
    document["write_files"] = [
        *files(_TREE / "common" / "rootfs", templates),
        *files(_TREE / role / "rootfs", templates),
        *_mirrors(settings, document),
    ]
    templates.refuse_unused()
    validate(document)
    _refuse_readable_secrets(document, credentials)
    text = _text(document)
    # Pack only if necessary: packed files are unreadable, and their bytes depend on zlib.
    for pack in (_pack_programs, _pack_local_conf):
        if len(text.encode()) > USER_DATA_LIMIT_BYTES:
            document["write_files"] = pack(document["write_files"])
            text = _text(document)
    refuse_oversize(text)
    return text


def _text(document: dict[str, Any]) -> str:
    return _HEADER + yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=-1
    )


def _pack_programs(entries: list[dict[str, str]]) -> list[dict[str, str]]:
    """Gzip files under /usr/local; keep generated configuration as readable text.

    Python can import a package from a zip archive at the directory's path. Its members are stored
    uncompressed, since compressing the whole archive saves more.
    """
    library = [entry for entry in entries if entry["path"].startswith(_LIBRARY)]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for entry in library:
            packed.writestr(zipfile.ZipInfo(entry["path"].removeprefix(_LIBRARY)), entry["content"])
    others = [
        _packed(entry, entry["content"].encode())
        if entry["path"].startswith("/usr/local/")
        else entry
        for entry in entries
        if entry not in library
    ]
    one = {"path": _LIBRARY.rstrip("/"), "permissions": "0644"}
    return [*others, _packed(one, archive.getvalue())]


def _pack_local_conf(entries: list[dict[str, str]]) -> list[dict[str, str]]:
    """Gzip local.conf: with a long text of a user's own it is the largest file."""
    return [
        _packed(entry, entry["content"].encode()) if entry["path"] == _LOCAL_CONF else entry
        for entry in entries
    ]


def _packed(entry: dict[str, str], content: bytes) -> dict[str, str]:
    packed = base64.b64encode(gzip.compress(content, mtime=0)).decode()
    return {**entry, "content": packed, "encoding": "gz+b64"}


def _values(settings: Settings, role: Role, credentials: Credentials) -> dict[str, object]:
    platform = PLATFORMS[settings.operating_system]
    nodes = node_roles(settings)
    node, controller, worker = nodes[role], nodes["controller"], nodes.get("worker")
    host_key, host_key_public = credentials.host_keys(role)
    return {
        "role": role,
        "hostname": node.hostname,
        "host_ip": node.internal_ip,
        "host_key": host_key,
        "host_key_public": host_key_public,
        "ssh_user": settings.ssh_user,
        "ssh_authorized_keys": [credentials.ssh_public_key, *settings.ssh_authorized_keys],
        "local_conf": local_conf(settings, role, credentials).text(),
        "os_id": platform.os_id,
        "os_version": platform.os_version,
        "devstack_repository": f"{settings.git_base}/openstack/devstack",
        "devstack_ref": settings.devstack_ref or f"stable/{settings.release}",
        "git_timeout_s": settings.git_timeout_s,
        "node_deadline_s": settings.node_deadline_s,
        "stack_deadline_s": node.stack_deadline_s,
        "readiness_deadline_s": settings.readiness_deadline_s,
        "smoke_test": "true" if settings.smoke_test else "false",
        "smoke_test_image_url": settings.smoke_test_image_url,
        "controller_hostname": controller.hostname,
        "controller_ip": controller.internal_ip,
        "worker_hostname": worker.hostname if worker else "",
        "worker_ip": worker.internal_ip if worker else "",
        "primary_az": settings.primary_az,
        "secondary_az": settings.secondary_az,
        "floating_cidr": settings.floating_cidr,
        "floating_gateway": _gateway(settings.floating_cidr),
        "services": ",".join(enabled_services(settings, role)),
        "ovn_agent": ovn_agent(settings.release),
        "plugin_directory": PLUGIN_DIRECTORY,
    }


def _gateway(cidr: str) -> str:
    """Return the gateway address that Neutron gives a subnet, with its prefix length."""
    network = ipaddress.ip_network(cidr)
    return f"{network[1]}/{network.prefixlen}"


def _mirrors(settings: Settings, document: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Add the apt mirror to the document. Yield pip's configuration file, if there is an index."""
    if settings.package_mirror:
        document["apt"]["primary"] = [{"arches": ["default"], "uri": settings.package_mirror}]
    if settings.pip_index_url:
        content = f"[global]\nindex-url = {settings.pip_index_url}\n"
        yield {"path": "/etc/pip.conf", "permissions": "0644", "content": content}


def validate(document: dict[str, Any]) -> None:
    """Raise UserDataError for entries that cloud-init would skip or handle unsafely."""
    for command in document["runcmd"]:
        # cloud-init skips the whole list for one empty entry, with only a warning.
        if not command or None in command:
            raise UserDataError(f"runcmd: {command!r} is no command")
    seen = set()
    for entry in document["write_files"]:
        path = entry["path"]
        if not path.startswith("/") or ".." in path.split("/"):
            raise UserDataError(f"write_files: '{path}' is not absolute")
        if path.startswith(tuple(f"/{directory}/" for directory in _WORLD_WRITABLE)):
            raise UserDataError(f"write_files: '{path}' is in a world-writable directory")
        if path in seen:
            raise UserDataError(f"write_files: '{path}' is there twice")
        if entry.get("owner", "root:root") != "root:root" and not entry.get("defer"):
            # cloud-init writes files before it creates users, and stops at a missing owner.
            raise UserDataError(f"write_files: '{path}' has an owner that is not there yet")
        seen.add(path)


def _refuse_readable_secrets(document: dict[str, Any], credentials: Credentials) -> None:
    for entry in document["write_files"]:
        for name, secret in vars(credentials).items():
            readable = entry["permissions"] != "0600" and secret.strip() in entry["content"]
            if readable and "public" not in name:
                raise UserDataError(f"write_files: '{entry['path']}' shows {name} to everyone")


def refuse_oversize(text: str) -> None:
    """Raise UserDataError if the text exceeds Compute Engine's limit."""
    size = len(text.encode())
    if size > USER_DATA_LIMIT_BYTES:
        raise UserDataError(
            f"user data is {size} bytes and Compute Engine takes {USER_DATA_LIMIT_BYTES}"
        )


class _Dumper(yaml.CSafeDumper):
    """Readable YAML: multi-line text as literal blocks, no anchors.

    libyaml's dumper, since every validation renders both documents, and PyYAML's own takes 80 ms
    for each.
    """

    def ignore_aliases(self, data: object) -> bool:
        del data  # the signature is PyYAML's
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # YAML 1.1 treats these as line breaks outside quotes and normalizes them.
    breaks = any(character in text for character in "\r\x85\u2028\u2029\ufeff")
    style = '"' if breaks else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
