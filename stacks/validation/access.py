"""Access: who may reach the nodes, with which keys, and whether `pulumi up` itself can."""

import base64
import binascii
import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stacks.platforms import neutron_listens_on_9696
from stacks.problems import Problem, problem
from stacks.validation.addresses import check_ranges

if TYPE_CHECKING:
    from stacks.settings import Settings

_KEY_TYPES = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
_USER = re.compile(r"[a-z_][-a-z0-9_]{0,30}")
_USERS_TAKEN = ("root", "stack")
_WAITS = ("none", "controller", "all")
_HOSTS = ("public", "private")
_SHOWN = 24  # characters of a key that an error shows
_LENGTH = struct.Struct(">I")


def check(settings: "Settings") -> Iterator[Problem]:
    """Yield what is wrong."""
    for group in ("ssh", "http", "icmp", "neutron"):
        yield from check_ranges(settings, f"{group}_source_ranges")
    if settings.neutron_source_ranges and not neutron_listens_on_9696(settings.release):
        yield problem(
            "neutron_source_ranges",
            f"release {settings.release} does not listen on 9696",
            "remove them; Neutron is at /networking on port 80",
        )
    for position, key in enumerate(settings.ssh_authorized_keys, start=1):
        yield from _key(position, key)
    if not _USER.fullmatch(settings.ssh_user) or settings.ssh_user in _USERS_TAKEN:
        yield problem(
            "ssh_user",
            f"'{settings.ssh_user}' cannot be the nodes' user",
            f"use a lower-case name other than {' and '.join(_USERS_TAKEN)}, like cloud",
        )
    if settings.auth_url_host not in _HOSTS:
        yield problem("auth_url_host", f"'{settings.auth_url_host}'", f"use {' or '.join(_HOSTS)}")
    yield from _waiting(settings)


def _waiting(settings: "Settings") -> Iterator[Problem]:
    if settings.wait_for not in _WAITS:
        yield problem("wait_for", f"'{settings.wait_for}'", f"use {', '.join(_WAITS)}")
    elif settings.wait_for != "none" and not settings.ssh_source_ranges:
        yield problem(
            "wait_for",
            f"'{settings.wait_for}' needs ssh, which nobody may reach",
            "set sshSourceRanges, or waitFor to none",
        )
    elif settings.wait_for == "all" and not settings.worker:
        yield problem(
            "wait_for", "'all' but there is no worker", "use controller, or set worker to true"
        )
    for key in ("ready_timeout_s", "node_deadline_s", "readiness_deadline_s", "create_timeout_s"):
        if getattr(settings, key) <= 0:
            yield problem(key, f"{getattr(settings, key)} seconds", "give a positive number")


def _key(position: int, key: str) -> Iterator[Problem]:
    where = f"key {position}"
    if "PRIVATE KEY" in key:
        yield problem(
            "ssh_authorized_keys", f"{where} is a private key", "give the public one, and renew it"
        )
        return
    kind, _, rest = key.partition(" ")
    if "\n" in key or not rest.strip() or kind not in _KEY_TYPES:
        yield problem(
            "ssh_authorized_keys",
            f"{where} '{key[:_SHOWN]}…' is no public key",
            f"give a line like 'ssh-ed25519 AAAA… comment' of type {', '.join(_KEY_TYPES)}",
        )
    elif not _is_blob_of(kind, rest.split()[0]):
        yield problem(
            "ssh_authorized_keys",
            f"{where} '{key[:_SHOWN]}…' is damaged",
            "copy the whole line of the .pub file",
        )


def _is_blob_of(key_type: str, encoded: str) -> bool:
    """Whether base64 holds a key of that type: length-prefixed fields to the end (RFC 4253)."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    fields = []
    while blob:
        if len(blob) < _LENGTH.size:
            return False
        end = _LENGTH.size + _LENGTH.unpack_from(blob)[0]
        if len(blob) < end:
            return False
        fields.append(blob[_LENGTH.size : end])
        blob = blob[end:]
    return len(fields) > 1 and fields[0] == key_type.encode()
