"""Secret values: the secrets of this node by name, as local.conf has them or derived from it.

Those that no user data carries are derived from SERVICE_PASSWORD, which both nodes have, so that
they agree without talking to each other.
"""

from __future__ import annotations

import hmac
import re
import shlex
from functools import partial

from devstack_node import environment, files, node

PASSWORDS = ("ADMIN_PASSWORD", "DATABASE_PASSWORD", "RABBIT_PASSWORD", "SERVICE_PASSWORD")

SECRET_OPTIONS = {
    "metadata_proxy_shared_secret": "METADATA_SECRET",
    "fixed_key": "FIXED_KEY",
    "heartbeat_key": "HEARTBEAT_KEY",
    "ca_private_key_passphrase": "CA_PASSPHRASE",
    "server_certs_key_passphrase": "CERTIFICATES_PASSPHRASE",
}
"""Options of the services' configuration, and the names of the secrets that they hold."""

SETTING_OPTIONS = {
    "storage_availability_zone": "VOLUME_ZONE",
    "default_schedule_zone": "SCHEDULE_ZONE",
    "dns_servers": "DNS_SERVERS",
}
"""Options without secrets, which are another stack's as well."""

WELL_KNOWN = (
    *("insecure", "not-secure-passphrase", "insecure-key-do-not-use-this-key"),
    "bae3516cc1c0eb18b05440eba8012a4a880a2ee04d584a9c1579445e675b12defdc716ec",
)
"""Secrets in DevStack's own source."""

# Octavia refuses a passphrase for certificates of any other length.
_DIGITS = {"CERTIFICATES_PASSPHRASE": 32}
_LOCAL_CONF = node.LOCAL_CONFS[0]


def passwords() -> dict[str, str]:
    """Return the four passwords of local.conf. Raises UnreadableError if one is missing."""
    found = {}
    for line in files.text(_LOCAL_CONF).splitlines():
        name, equals, value = line.partition("=")
        if equals and name in PASSWORDS:
            found[name] = _unquoted(name, value)
    for name in PASSWORDS:
        if not found.get(name):
            raise files.UnreadableError(f"{_LOCAL_CONF}: no {name} in it")
    return found


def _unquoted(name: str, value: str) -> str:
    try:
        return "".join(shlex.split(value)[:1])
    except ValueError as error:
        raise files.UnreadableError(f"{_LOCAL_CONF}: {name}: {error}") from None


def all_values() -> dict[str, str]:
    """Return the value of every placeholder that a sealed node may have."""
    known, settings = passwords(), environment.read()
    key = known["SERVICE_PASSWORD"].encode()
    derived = {
        name: hmac.new(key, name.encode(), "sha256").hexdigest()[: _DIGITS.get(name)]
        for name in SECRET_OPTIONS.values()
    }
    zone = settings["PRIMARY_AZ" if settings["ROLE"] == "controller" else "SECONDARY_AZ"]
    servers = re.search(
        r"(?m)^dns_servers *= *(.*)$", files.attempt(partial(files.text, _LOCAL_CONF), "", [])
    )
    return {
        **known,
        **derived,
        "VOLUME_ZONE": zone,
        "SCHEDULE_ZONE": settings["PRIMARY_AZ"],
        "DNS_SERVERS": servers[1] if servers else "",
    }
