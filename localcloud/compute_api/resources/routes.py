"""Routes: static routes, and the routes that a network has by itself.

A static route has exactly one next hop, and its network cannot be deleted before it. A network's
own routes are computed for the list and stored nowhere: they come and go with the network and its
subnetworks, and do not keep the network from being deleted.
"""

from collections.abc import Iterator
from ipaddress import ip_network

from localcloud.compute_api import errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.listing import page
from localcloud.compute_api.resources.common import changeable, get_of, new_path
from localcloud.compute_api.store import Resource

_DEFAULT_PRIORITY = 1000
# The service gives the lowest number, thus the first place, to the routes of subnetworks.
_OWN_PRIORITY = 0
_ANYWHERE = "0.0.0.0/0"
_GATEWAY = "default-internet-gateway"
_HOPS = ("nextHopGateway", "nextHopIp", "nextHopInstance")
_OPTIONAL = ("description", "priority", "tags")


def insert(cloud: Cloud, call: Call) -> Json:
    """Create a static route; refuse a malformed range, and none or several next hops."""
    path = new_path(cloud, call, "routes")
    if "network" not in call.body:
        raise errors.required("resource.network")
    network = cloud.store.ready(
        links.resolve(call.body["network"], "resource.network", call.project, "networks")
    )
    hops = [hop for hop in _HOPS if call.body.get(hop)]
    if len(hops) != 1:
        raise errors.invalid(
            "resource.nextHop", ", ".join(hops), f"Give exactly one of {', '.join(_HOPS)}."
        )
    destination = call.body.get("destRange", "")
    try:
        ip_network(destination)
    except ValueError:
        raise errors.invalid("resource.destRange", destination, "Invalid CIDR range.") from None
    body = cloud.stamp(path, "route") | {
        "network": network.link,
        "destRange": destination,
        "priority": _DEFAULT_PRIORITY,
        "routeType": "STATIC",
        hops[0]: call.body[hops[0]],
    }
    body |= {name: call.body[name] for name in _OPTIONAL if name in call.body}
    return cloud.create(call, Resource(path, body, references=[network.path]))


def list_all(cloud: Cloud, call: Call) -> Json:
    """Return the page of the static routes and of the networks' own ones."""
    found = [route.body for route in cloud.store.select("routes", call.project, call.scope)]
    return page(call, "route", [*found, *_brought(cloud, call.project)])


def _brought(cloud: Cloud, project: str) -> Iterator[Json]:
    gateway = links.link(f"projects/{project}/global/gateways/{_GATEWAY}")
    for network in cloud.store.select("networks", project):
        hop = {"nextHopGateway": gateway, "routeType": "STATIC", "priority": _DEFAULT_PRIORITY}
        yield _representation(network, network.link, _ANYWHERE) | hop
    for subnetwork in cloud.store.select("subnetworks", project):
        network_link = subnetwork.body["network"]
        hop = {"nextHopNetwork": network_link, "routeType": "SUBNET", "priority": _OWN_PRIORITY}
        yield _representation(subnetwork, network_link, subnetwork.body["ipCidrRange"]) | hop


def _representation(source: Resource, network_link: str, destination: str) -> Json:
    # The service names these routes in the same way, without a hint of the network.
    name = f"default-route-{int(source.body['id']):016x}"
    return {
        "kind": "compute#route",
        "id": source.body["id"],
        "name": name,
        "network": network_link,
        "destRange": destination,
        "selfLink": links.link(links.join(source.project, "global", "routes", name)),
    }


def delete(cloud: Cloud, call: Call) -> Json:
    return cloud.delete(call, changeable(cloud, call, "routes", "route"))


METHODS = {
    "routes.insert": insert,
    "routes.get": get_of("routes", "route"),
    "routes.list": list_all,
    "routes.delete": delete,
}
