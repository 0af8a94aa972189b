"""Subnetworks: regional ranges of a network.

Refused are ranges that overlap another of the same network, in whatever region, changes with an old
fingerprint, and the deletion of a subnetwork that is in use. Other purposes than PRIVATE and other
stacks than IPv4 are answered with 501.
"""

from ipaddress import IPv4Network

from localcloud.compute_api import addressing, errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.fingerprints import fingerprint
from localcloud.compute_api.listing import aggregated, list_of
from localcloud.compute_api.resources.common import changeable, get_of, new_path
from localcloud.compute_api.store import Resource

# Fields of a body that are stored and shown as they came.
_OPTIONAL = ("description", "logConfig", "role", "secondaryIpRanges")


def representation(cloud: Cloud, path: str, network_link: str, ip_range: str) -> Json:
    """Return the representation of a new subnetwork with the service's defaults."""
    body = cloud.stamp(path, "subnetwork")
    body |= {
        "network": network_link,
        "ipCidrRange": ip_range,
        "gatewayAddress": str(IPv4Network(ip_range)[1]),
        "region": links.link(path.split("/subnetworks/", maxsplit=1)[0]),
        "privateIpGoogleAccess": False,
        "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS",
        "purpose": "PRIVATE",
        "stackType": "IPV4_ONLY",
    }
    body["fingerprint"] = fingerprint(body)
    return body


def insert(cloud: Cloud, call: Call) -> Json:
    """Create a subnetwork in a network that is ready; refuse overlapping ranges."""
    path = new_path(cloud, call, "subnetworks")
    if "network" not in call.body:
        raise errors.required("resource.network")
    network_path = links.resolve(call.body["network"], "resource.network", call.project, "networks")
    network = cloud.store.ready(network_path)
    if "ipCidrRange" not in call.body:
        raise errors.required("resource.ipCidrRange")
    block = addressing.parse_subnet_range(call.body["ipCidrRange"], "resource.ipCidrRange")
    _check_overlap(cloud, network, block, "resource.ipCidrRange")
    for i, secondary in enumerate(call.body.get("secondaryIpRanges", [])):
        field = f"resource.secondaryIpRanges[{i}].ipCidrRange"
        other = addressing.parse_subnet_range(secondary.get("ipCidrRange"), field)
        _check_overlap(cloud, network, other, field)
        if other.overlaps(block):
            raise errors.invalid(field, other, f"Invalid IPCidrRange: {other} conflicts.")
    cloud.quotas.check(call.project, [("SUBNETWORKS", 1, None)])
    body = representation(cloud, path, network.link, str(block))
    body |= {name: call.body[name] for name in _OPTIONAL if name in call.body}
    for name in ("privateIpGoogleAccess", "privateIpv6GoogleAccess", "purpose", "stackType"):
        body[name] = call.body.get(name, body[name])
    if body["purpose"] != "PRIVATE" or body["stackType"] != "IPV4_ONLY":
        raise errors.lacking("A subnetwork that is not PRIVATE and IPV4_ONLY")
    return cloud.create(call, Resource(path, body, references=[network.path]))


def _check_overlap(cloud: Cloud, network: Resource, block: IPv4Network, field: str) -> None:
    other = addressing.overlapping(cloud, network.link, block)
    if other is not None:
        region = links.name_of(other.body["region"])
        raise errors.invalid(
            field,
            block,
            f"Invalid IPCidrRange: {block} conflicts with existing subnetwork '{other.name}' in"
            f" region '{region}'.",
        )


def delete(cloud: Cloud, call: Call) -> Json:
    """Delete a subnetwork; refuse at once while an instance, address or NAT uses it."""
    subnetwork = changeable(cloud, call, "subnetworks", "subnetwork")
    for resource in cloud.store.all():
        if _uses(resource, subnetwork):
            raise errors.in_use("subnetwork", subnetwork.path, resource.path)
    return cloud.delete(call, subnetwork)


def _uses(resource: Resource, subnetwork: Resource) -> bool:
    # A NAT for all subnetworks names none of them, and goes on without one that is deleted.
    if resource.collection == "routers":
        named = [
            entry["name"]
            for nat in resource.body.get("nats", [])
            for entry in nat.get("subnetworks", [])
        ]
        return subnetwork.link in named
    nics = resource.body.get("networkInterfaces", [])
    return subnetwork.link in [
        resource.body.get("subnetwork"),
        *(nic.get("subnetwork") for nic in nics),
    ]


def patch(cloud: Cloud, call: Call) -> Json:
    """Change the fields that can change in place; refuse an old fingerprint."""
    subnetwork = changeable(cloud, call, "subnetworks", "subnetwork")
    if call.body.get("fingerprint") != subnetwork.body["fingerprint"]:
        raise errors.stale_fingerprint("Invalid fingerprint.")
    changes: Json = {
        name: call.body[name]
        for name in ("description", "logConfig", "privateIpGoogleAccess", "secondaryIpRanges")
        if name in call.body
    }

    def apply() -> None:
        subnetwork.body.update(changes)
        subnetwork.body["fingerprint"] = fingerprint(subnetwork.body)

    return cloud.update(call, subnetwork, "patch", apply, [])


METHODS = {
    "subnetworks.insert": insert,
    "subnetworks.get": get_of("subnetworks", "subnetwork"),
    "subnetworks.list": list_of("subnetworks", "subnetwork"),
    "subnetworks.aggregatedList": aggregated("subnetworks", "subnetwork"),
    "subnetworks.delete": delete,
    "subnetworks.patch": patch,
}
