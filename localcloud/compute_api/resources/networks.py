"""Networks: VPC networks in custom mode.

Auto mode is answered with 501, since it would mean a subnetwork in every region. A body without
autoCreateSubnetworks asks for a legacy network, which the service refuses as well.
"""

from localcloud.compute_api import errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json, OperationError
from localcloud.compute_api.listing import list_of
from localcloud.compute_api.resources.common import changeable, get_of, new_path
from localcloud.compute_api.store import Resource

DEFAULT_MTU = 1460
_SMALLEST_MTU = 1300
_LARGEST_MTU = 8896

# Collections whose resources keep a network from being deleted.
_USERS = ("subnetworks", "firewalls", "routes", "routers", "instances", "addresses")


def insert(cloud: Cloud, call: Call) -> Json:
    """Create a network without subnetworks; refuse an MTU outside the service's limits."""
    path = new_path(cloud, call, "networks")
    if "autoCreateSubnetworks" not in call.body:
        raise errors.invalid(
            "resource.IPv4Range",
            "",
            "Legacy networks can no longer be created; set autoCreateSubnetworks to true or false.",
        )
    if call.body["autoCreateSubnetworks"]:
        raise errors.lacking("A network in auto mode")
    cloud.quotas.check(call.project, [("NETWORKS", 1, None)])
    network = Resource(path, cloud.stamp(path, "network"))
    network.body |= {
        "selfLinkWithId": links.link(
            links.join(call.project, "global", "networks", network.body["id"])
        ),
        "autoCreateSubnetworks": False,
        "routingConfig": {"routingMode": _routing_mode(call.body)},
        "mtu": _mtu(call.body),
        "networkFirewallPolicyEnforcementOrder": call.body.get(
            "networkFirewallPolicyEnforcementOrder", "AFTER_CLASSIC_FIREWALL"
        ),
    }
    if "description" in call.body:
        network.body["description"] = call.body["description"]
    return cloud.create(call, network)


def _mtu(body: Json) -> int:
    mtu: int = body.get("mtu", DEFAULT_MTU) or DEFAULT_MTU
    if not _SMALLEST_MTU <= mtu <= _LARGEST_MTU:
        raise errors.invalid(
            "resource.mtu", mtu, f"Value must be between {_SMALLEST_MTU} and {_LARGEST_MTU}."
        )
    return mtu


def _routing_mode(body: Json) -> str:
    mode: str = body.get("routingConfig", {}).get("routingMode", "REGIONAL")
    if mode not in {"REGIONAL", "GLOBAL"}:
        raise errors.invalid("resource.routingConfig.routingMode", mode, "Unknown routing mode.")
    return mode


def show(cloud: Cloud, body: Json) -> Json:
    """Return the representation with the links of the subnetworks that exist now."""
    # Computed, since subnetworks come and go without a change of their network.
    subnetworks = [
        resource.link
        for resource in cloud.store.all()
        if resource.collection == "subnetworks" and resource.body["network"] == body["selfLink"]
    ]
    return body | ({"subnetworks": subnetworks} if subnetworks else {})


def delete(cloud: Cloud, call: Call) -> Json:
    """Delete a network; the operation fails while another resource uses it.

    The service accepts the request even then, and the provider does not retry: a client learns of
    the other resource from the operation's error only.
    """
    network = changeable(cloud, call, "networks", "network")
    error: OperationError | None = None
    for resource in cloud.store.all():
        if resource.collection in _USERS and _uses(resource, network):
            error = errors.in_use_operation("network", network.path, resource.path)
            break
    return cloud.delete(call, network, error=error)


def _uses(resource: Resource, network: Resource) -> bool:
    nics = resource.body.get("networkInterfaces", [])
    return network.link in [resource.body.get("network"), *(nic.get("network") for nic in nics)]


def patch(cloud: Cloud, call: Call) -> Json:
    """Change the routing mode, the MTU, the description or the order of policies."""
    network = changeable(cloud, call, "networks", "network")
    changes: Json = {}
    if "mtu" in call.body:
        changes["mtu"] = _mtu(call.body)
    if "routingConfig" in call.body:
        changes["routingConfig"] = {"routingMode": _routing_mode(call.body)}
    for name in ("description", "networkFirewallPolicyEnforcementOrder"):
        if name in call.body:
            changes[name] = call.body[name]
    return cloud.update(call, network, "patch", lambda: network.body.update(changes), [])


METHODS = {
    "networks.insert": insert,
    "networks.get": get_of("networks", "network", show),
    "networks.list": list_of("networks", "network", show),
    "networks.delete": delete,
    "networks.patch": patch,
}
