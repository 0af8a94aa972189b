"""Routers: Cloud Routers and the NAT configurations in them.

A NAT has no resource of its own: it comes, changes and goes by a PATCH of its router. Refused are
NATs of the same name, options that contradict each other, and a NAT beside another one that serves
all subnetworks of the network. BGP peers and interfaces are answered with 501. No packet is
translated here.
"""

from localcloud.compute_api import errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.listing import aggregated, list_of
from localcloud.compute_api.resources.common import changeable, get_of, new_path
from localcloud.compute_api.store import Resource

# Values of sourceSubnetworkIpRangesToNat by which a NAT serves all subnetworks.
_ALL = {"ALL_SUBNETWORKS_ALL_IP_RANGES", "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES"}
_SOURCES = _ALL | {"LIST_OF_SUBNETWORKS"}
_SETTABLE = ("description", "bgp", "nats")

_NAT_DEFAULTS: Json = {
    "type": "PUBLIC",
    "autoNetworkTier": "PREMIUM",
    "enableEndpointIndependentMapping": False,
    "enableDynamicPortAllocation": False,
    "endpointTypes": ["ENDPOINT_TYPE_VM"],
}


def insert(cloud: Cloud, call: Call) -> Json:
    """Create a router with the NAT configurations of the body."""
    path = new_path(cloud, call, "routers")
    if "network" not in call.body:
        raise errors.required("resource.network")
    network = cloud.store.ready(
        links.resolve(call.body["network"], "resource.network", call.project, "networks")
    )
    cloud.quotas.check(call.project, [("ROUTERS", 1, None)])
    body = cloud.stamp(path, "router") | {
        "network": network.link,
        "region": links.link(f"projects/{call.project}/{call.scope}"),
        "encryptedInterconnectRouter": False,
    }
    router = Resource(path, body, references=[network.path])
    body |= _changes(cloud, call, router)
    return cloud.create(call, router)


def _changes(cloud: Cloud, call: Call, router: Resource) -> Json:
    for name in ("bgpPeers", "interfaces", "md5AuthenticationKeys"):
        if call.body.get(name):
            raise errors.lacking(f"A router with {name}")
    changes = {name: call.body[name] for name in _SETTABLE if name in call.body}
    if "nats" in changes:
        changes["nats"] = _check_nats(cloud, call, router, changes["nats"])
    return changes


def _check_nats(cloud: Cloud, call: Call, router: Resource, nats: list[Json]) -> list[Json]:
    checked = [_check_nat(cloud, call, nat, f"resource.nats[{i}]") for i, nat in enumerate(nats)]
    names = [nat["name"] for nat in checked]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise errors.invalid(f"resource.nats[{i}].name", name, "Duplicate NAT name.")
    others = [
        nat
        for other in cloud.store.select("routers", call.project, call.scope)
        if other.path != router.path and other.body["network"] == router.body["network"]
        for nat in other.body.get("nats", [])
    ]
    everything = [nat for nat in others + checked if nat["sourceSubnetworkIpRangesToNat"] in _ALL]
    # A NAT for all subnetworks of a network in a region excludes any other NAT there, also one of
    # another router.
    if everything and len(others) + len(checked) > 1:
        raise errors.invalid(
            f"resource.nats[{len(checked) - 1}].sourceSubnetworkIpRangesToNat",
            checked[-1]["sourceSubnetworkIpRangesToNat"] if checked else "",
            "There is already a NAT configuration for all subnetworks of the network"
            f" {links.name_of(router.body['network'])} in this region.",
        )
    return checked


def _check_nat(cloud: Cloud, call: Call, nat: Json, field: str) -> Json:
    links.check_name(nat.get("name"), f"{field}.name")
    source = nat.get("sourceSubnetworkIpRangesToNat", "")
    if source not in _SOURCES:
        raise errors.invalid(f"{field}.sourceSubnetworkIpRangesToNat", source, "Unknown value.")
    option = nat.get("natIpAllocateOption", "")
    if option not in {"AUTO_ONLY", "MANUAL_ONLY"}:
        raise errors.invalid(f"{field}.natIpAllocateOption", option, "Unknown value.")
    if bool(nat.get("natIps")) != (option == "MANUAL_ONLY"):
        raise errors.invalid(
            f"{field}.natIps",
            nat.get("natIps", []),
            "NAT IPs must be specified if, and only if, natIpAllocateOption is MANUAL_ONLY.",
        )
    if bool(nat.get("subnetworks")) != (source == "LIST_OF_SUBNETWORKS"):
        raise errors.invalid(
            f"{field}.subnetworks",
            len(nat.get("subnetworks", [])),
            "Subnetworks must be specified if, and only if, sourceSubnetworkIpRangesToNat is"
            " LIST_OF_SUBNETWORKS.",
        )
    checked = _NAT_DEFAULTS | {name: value for name, value in nat.items() if value != []}
    for i, address in enumerate(nat.get("natIps", [])):
        path = links.resolve(address, f"{field}.natIps[{i}]", call.project, "addresses")
        checked["natIps"][i] = cloud.store.ready(path).link
    for i, entry in enumerate(nat.get("subnetworks", [])):
        path = links.resolve(
            entry.get("name", ""), f"{field}.subnetworks[{i}].name", call.project, "subnetworks"
        )
        checked["subnetworks"][i]["name"] = cloud.store.ready(path).link
    return checked


def patch(cloud: Cloud, call: Call) -> Json:
    """Change the given fields; a given list replaces the old one, as in every PATCH of this API."""
    router = changeable(cloud, call, "routers", "router")
    changes = _changes(cloud, call, router)
    references = [router.path, links.relative(router.body["network"])]
    return cloud.update(call, router, "patch", lambda: router.body.update(changes), references)


def delete(cloud: Cloud, call: Call) -> Json:
    """Delete a router together with its NAT configurations."""
    return cloud.delete(call, changeable(cloud, call, "routers", "router"))


METHODS = {
    "routers.insert": insert,
    "routers.get": get_of("routers", "router"),
    "routers.list": list_of("routers", "router"),
    "routers.aggregatedList": aggregated("routers", "router"),
    "routers.delete": delete,
    "routers.patch": patch,
}
