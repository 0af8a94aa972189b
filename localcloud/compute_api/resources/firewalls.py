"""Firewalls: rules of a network, by network tags and ranges.

A rule has exactly one of `allowed` and `denied`. Refused are unknown protocols, ports for protocols
that have none, malformed ranges and tags, and sources of an EGRESS rule. Rules by service account
are answered with 501. The double stores rules and does not apply them to any packet.
"""

import re
from ipaddress import ip_network

from localcloud.compute_api import errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.listing import list_of
from localcloud.compute_api.resources.common import changeable, get_of, new_path
from localcloud.compute_api.store import Resource

_DEFAULT_PRIORITY = 1000
_LARGEST_PRIORITY = 65535
_LARGEST_PORT = 65535
_LARGEST_PROTOCOL = 255

# Names of protocols; a number from 0 to 255 will do too. Ports go with TCP, UDP and SCTP alone.
_PROTOCOLS = {"tcp", "udp", "icmp", "esp", "ah", "ipip", "sctp", "all"}
_WITH_PORTS = {"tcp", "udp", "sctp", "6", "17", "132"}
_PORTS = re.compile(r"(\d+)(?:-(\d+))?")
_ANYWHERE = ["0.0.0.0/0"]

_SETTABLE = (
    "description",
    "priority",
    "direction",
    "disabled",
    "logConfig",
    "allowed",
    "denied",
    "sourceRanges",
    "sourceTags",
    "destinationRanges",
    "targetTags",
)


def insert(cloud: Cloud, call: Call) -> Json:
    """Create a rule with the service's defaults for all fields that the body leaves out."""
    path = new_path(cloud, call, "firewalls")
    for name in ("sourceServiceAccounts", "targetServiceAccounts"):
        if call.body.get(name):
            raise errors.lacking(f"A firewall rule with {name}")
    if "network" not in call.body:
        # The service falls back to the project's default network, which the double does not have.
        raise errors.not_found(links.join(call.project, "global", "networks", "default"))
    network = cloud.store.ready(
        links.resolve(call.body["network"], "resource.network", call.project, "networks")
    )
    rule = _check({name: call.body[name] for name in _SETTABLE if name in call.body})
    cloud.quotas.check(call.project, [("FIREWALLS", 1, None)])
    body = cloud.stamp(path, "firewall") | {"network": network.link} | rule
    return cloud.create(call, Resource(path, body, references=[network.path]))


def _check(given: Json) -> Json:
    """Return the rule with the service's defaults; refuse contradictions and bad values."""
    rule: Json = {
        "direction": "INGRESS",
        "priority": _DEFAULT_PRIORITY,
        "disabled": False,
        "description": "",
        "logConfig": {"enable": False},
    }
    rule |= given
    if not 0 <= rule["priority"] <= _LARGEST_PRIORITY:
        raise errors.invalid(
            "resource.priority", rule["priority"], f"Must be between 0 and {_LARGEST_PRIORITY}."
        )
    _check_protocols(rule)
    _check_direction(rule)
    for field in ("sourceRanges", "destinationRanges"):
        for i, value in enumerate(rule.get(field, [])):
            _check_range(value, f"resource.{field}[{i}]")
    for field in ("sourceTags", "targetTags"):
        for i, tag in enumerate(rule.get(field, [])):
            links.check_name(tag, f"resource.{field}[{i}]")
    # The service leaves empty lists out, and a client would see a difference.
    return {name: value for name, value in rule.items() if value != []}


def _check_protocols(rule: Json) -> None:
    if bool(rule.get("allowed")) == bool(rule.get("denied")):
        raise errors.ApiError(
            400, "invalid", "Firewall rules must have exactly one of 'allowed' or 'denied'."
        )
    for field in ("allowed", "denied"):
        rule[field] = [
            _protocol(entry, f"resource.{field}[{i}]")
            for i, entry in enumerate(rule.get(field, []))
        ]


def _check_direction(rule: Json) -> None:
    if rule["direction"] == "INGRESS":
        # Without a source the service lets everybody in; the rule has to show it.
        if not rule.get("sourceRanges") and not rule.get("sourceTags"):
            rule["sourceRanges"] = _ANYWHERE
    elif rule["direction"] == "EGRESS":
        if rule.get("sourceRanges") or rule.get("sourceTags"):
            raise errors.invalid(
                "resource.direction", "EGRESS", "Source cannot be specified for EGRESS rules."
            )
        if not rule.get("destinationRanges"):
            rule["destinationRanges"] = _ANYWHERE
    else:
        raise errors.invalid("resource.direction", rule["direction"], "Unknown direction.")


def _check_range(value: str, field: str) -> None:
    try:
        ip_network(value)
    except ValueError:
        raise errors.invalid(field, value, f"Invalid IPv4 or IPv6 CIDR range: {value}.") from None


def _protocol(entry: Json, field: str) -> Json:
    protocol = str(entry.get("IPProtocol", "")).lower()
    number = protocol.isdigit() and int(protocol) <= _LARGEST_PROTOCOL
    if protocol not in _PROTOCOLS and not number:
        raise errors.invalid(
            f"{field}.IPProtocol", entry.get("IPProtocol", ""), "Unknown protocol."
        )
    checked: Json = {"IPProtocol": protocol}
    if entry.get("ports"):
        if protocol not in _WITH_PORTS:
            raise errors.invalid(
                f"{field}.ports",
                ",".join(entry["ports"]),
                f"Ports cannot be specified for protocol {protocol}.",
            )
        for i, ports in enumerate(entry["ports"]):
            _check_ports(ports, f"{field}.ports[{i}]")
        checked["ports"] = entry["ports"]
    return checked


def _check_ports(ports: str, field: str) -> None:
    found = _PORTS.fullmatch(ports)
    if found:
        first = int(found[1])
        last = int(found[2] or first)
        if first <= last <= _LARGEST_PORT:
            return
    raise errors.invalid(field, ports, "Must be a valid port or port range, such as 22 or 80-90.")


def patch(cloud: Cloud, call: Call) -> Json:
    """Change the given fields of a rule; refuse another network."""
    firewall = changeable(cloud, call, "firewalls", "firewall")
    if "network" in call.body:
        path = links.resolve(call.body["network"], "resource.network", call.project, "networks")
        if links.link(path) != firewall.body["network"]:
            raise errors.invalid(
                "resource.network", call.body["network"], "The network of a rule cannot change."
            )
    # The rule is checked as a whole: a new field may contradict one that stays.
    wanted = firewall.body | call.body
    rule = _check({name: wanted[name] for name in _SETTABLE if name in wanted})

    def apply() -> None:
        for name in _SETTABLE:
            firewall.body.pop(name, None)
        firewall.body.update(rule)

    return cloud.update(call, firewall, "patch", apply, [])


def delete(cloud: Cloud, call: Call) -> Json:
    return cloud.delete(call, changeable(cloud, call, "firewalls", "firewall"))


METHODS = {
    "firewalls.insert": insert,
    "firewalls.get": get_of("firewalls", "firewall"),
    "firewalls.list": list_of("firewalls", "firewall"),
    "firewalls.delete": delete,
    "firewalls.patch": patch,
}
