"""Addresses: well-formed ranges that do not overlap, and usable node addresses."""

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, IPv4Network
from itertools import combinations

from stacks.devstack_services import runs
from stacks.problems import Problem, key_of, problem
from stacks.settings import Settings

_OURS = ("internal_cidr", "floating_cidr", "tenant_cidr")
# Ranges that a job or a node already routes elsewhere. Docker's further default pools
# (172.19.0.0/16 and up) are not listed: today's jobs use a floating range in one of them.
_OCTAVIA = "Octavia's management network"
_KNOWN = {
    "10.0.2.0/24": "slirp4netns, rootless podman's network",
    "10.88.0.0/16": "podman's default network",
    "10.96.0.0/16": "kind's services",
    "10.244.0.0/16": "kind's pods",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local addresses and the metadata server",
    "172.17.0.0/16": "Docker's default bridge",
    "172.18.0.0/16": "kind's Docker network",
    "192.168.0.0/24": _OCTAVIA,
    "192.168.122.0/24": "libvirt's default network",
    "224.0.0.0/3": "multicast and reserved addresses",
    "0.0.0.0/8": "this network",
    "10.6.0.0/24": "the E2E tests' cluster network",
    "10.14.0.0/23": "the E2E tests' extra networks",
}
_SMALLEST_SUBNETWORK = 29  # Compute Engine's limit
_MTU_BYTES = range(1300, 8897)  # Compute Engine's limits for a network


def check(settings: Settings) -> Iterator[Problem]:
    """Yield the problems."""
    networks: dict[str, IPv4Network] = {}
    for key in _OURS:
        value = getattr(settings, key)
        if malformed := _malformed(key, value):
            yield malformed
        else:
            networks[key] = IPv4Network(value)
    yield from _overlaps(settings, networks)
    if "internal_cidr" in networks:
        yield from _nodes(settings, networks["internal_cidr"])
    for value in settings.dns_nameservers:
        if not _address(value):
            yield problem("dns_nameservers", f"'{value}' is no IPv4 address", "write 8.8.8.8")
    if not settings.dns_nameservers:
        yield problem("dns_nameservers", "no DNS server", "name at least one, like 8.8.8.8")
    if settings.mtu not in _MTU_BYTES:
        yield problem(
            "mtu",
            f"{settings.mtu} bytes",
            f"choose {_MTU_BYTES.start} to {_MTU_BYTES.stop - 1}; Compute Engine's default is 1460",
        )
    both = ("existing_network", "existing_subnetwork")
    for given, missing in (both, reversed(both)):
        if getattr(settings, given) and not getattr(settings, missing):
            yield problem(missing, f"empty although {key_of(given)} is set", "set both or neither")


def check_ranges(settings: Settings, key: str) -> Iterator[Problem]:
    """Yield the problems of a list of source ranges."""
    yield from filter(None, (_malformed(key, value) for value in getattr(settings, key)))


def _malformed(key: str, value: str) -> Problem | None:
    try:
        interface = IPv4Interface(value)
    except ValueError:
        return problem(key, f"'{value}' is no IPv4 range", "write it like 10.0.3.0/24")
    if "/" not in value:
        return problem(key, f"'{value}' has no prefix length", f"use '{value}/32' for one address")
    usual = interface.network.with_prefixlen
    if usual == value:
        return None
    has_host_bits = interface.ip != interface.network.network_address
    fault = "has host bits set" if has_host_bits else "is not in the usual form"
    return problem(key, f"'{value}' {fault}", f"use '{usual}'")


def _overlaps(settings: Settings, networks: dict[str, IPv4Network]) -> Iterator[Problem]:
    for (one, left), (other, right) in combinations(networks.items(), 2):
        if left.overlaps(right):
            yield problem(
                other, f"'{right}' overlaps {key_of(one)} '{left}'", "choose ranges that are apart"
            )
    absent = "" if runs(settings, "octavia") else _OCTAVIA
    for key, network in networks.items():
        for known, owner in _KNOWN.items():
            if owner != absent and network.overlaps(IPv4Network(known)):
                yield problem(
                    key, f"'{network}' overlaps {known} ({owner})", "choose another range"
                )


def _nodes(settings: Settings, network: IPv4Network) -> Iterator[Problem]:
    if network.prefixlen > _SMALLEST_SUBNETWORK:
        yield problem("internal_cidr", f"'{network}' is too small", "use a prefix of /29 or wider")
        return
    reserved = {
        network[0]: "the network's own",
        network[1]: "the gateway's",
        network[-2]: "reserved by Google",
        network[-1]: "the broadcast's",
    }
    for key in (f"{role}_ip" for role in settings.roles):
        value = getattr(settings, key)
        address = _address(value)
        free = f"choose one of {network[2]} to {network[-3]}"
        if not address:
            yield problem(key, f"'{value}' is no IPv4 address", free)
        elif address not in network:
            yield problem(key, f"'{value}' is outside {key_of('internal_cidr')} '{network}'", free)
        elif address in reserved:
            yield problem(key, f"'{value}' is {reserved[address]} address in '{network}'", free)
    if settings.worker and settings.controller_ip == settings.worker_ip:
        yield problem(
            "worker_ip", f"'{settings.worker_ip}' is the controller's too", "choose another"
        )


def _address(value: str) -> IPv4Address | None:
    try:
        return IPv4Address(value)
    except AddressValueError:
        return None
