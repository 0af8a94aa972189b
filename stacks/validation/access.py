"""Access: source ranges, public keys, and ssh access for `pulumi up` itself."""

import re
from collections.abc import Iterator

from stacks.platforms import neutron_listens_on_9696
from stacks.problems import Problem, problem
from stacks.public_keys import refusal
from stacks.settings import Settings
from stacks.validation.addresses import check_ranges

_USER = re.compile(r"[a-z_][-a-z0-9_]{0,30}")
_USERS_TAKEN = ("root", "stack")
_WAITS = ("none", "controller", "all")
_HOSTS = ("public", "private")


def check(settings: Settings) -> Iterator[Problem]:
    """Yield the problems."""
    for group in ("ssh", "http", "icmp", "neutron"):
        yield from check_ranges(settings, f"{group}_source_ranges")
    if settings.neutron_source_ranges and not neutron_listens_on_9696(settings.release):
        yield problem(
            "neutron_source_ranges",
            f"release {settings.release} does not listen on 9696",
            "remove them; Neutron is at /networking on port 80",
        )
    for position, key in enumerate(settings.ssh_authorized_keys, start=1):
        if refused := refusal(key):
            what, remedy = refused
            yield problem("ssh_authorized_keys", f"key {position}: {what}", remedy)
    if not _USER.fullmatch(settings.ssh_user) or settings.ssh_user in _USERS_TAKEN:
        yield problem(
            "ssh_user",
            f"'{settings.ssh_user}' cannot be the nodes' user",
            f"use a lower-case name other than {' and '.join(_USERS_TAKEN)}, like cloud",
        )
    if settings.auth_url_host not in _HOSTS:
        yield problem("auth_url_host", f"'{settings.auth_url_host}'", f"use {' or '.join(_HOSTS)}")
    yield from _waiting(settings)


def _waiting(settings: Settings) -> Iterator[Problem]:
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
