"""Addresses: reserved regional IP addresses, internal and external.

The rules for internal addresses, each with its source:

- A free address of the subnetwork can be reserved, and so can one that an instance there has. The
  reservation is then IN_USE by that instance (documentation: "Reserve a static internal IP
  address").
- An instance may ask for any address that no other instance has, reserved or not: a reservation
  belongs to the project and not to one instance (the same page).
- A second reservation of an address is accepted, and its operation fails with
  IP_IN_USE_BY_ANOTHER_RESOURCE, 409 (terraform-provider-google issue 14080; the address manager of
  cloud-provider-gcp, by which an external address is refused with 400 instead).
- A subnetwork with a reservation cannot be deleted (reports of "is already being used by
  '…/addresses/…'").
- Reservations count against the region's INTERNAL_ADDRESSES (the discovery document's metric).
- The deletion of an address that an instance has is refused. No public source settles that: a NAT's
  address is refused (terraform-provider-google issue 6812), a forwarding rule's becomes ephemeral
  (cloud-provider-gcp). A client that works with the refusal works with either.
"""

from localcloud.compute_api import addressing, errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json, OperationError
from localcloud.compute_api.listing import aggregated, list_of
from localcloud.compute_api.resources.common import (
    changeable,
    check_labels,
    get_of,
    new_path,
    put_labels,
    set_labels_of,
)
from localcloud.compute_api.store import Resource


def insert(cloud: Cloud, call: Call) -> Json:
    """Reserve the address of the body, or the lowest that is free."""
    path = new_path(cloud, call, "addresses")
    kind = call.body.get("addressType", "EXTERNAL")
    body = cloud.stamp(path, "address") | {
        "description": call.body.get("description", ""),
        "addressType": kind,
        "status": "RESERVING",
        "region": addressing.region_link(call.project, call.params["region"]),
        "networkTier": call.body.get("networkTier", "PREMIUM"),
    }
    put_labels(body, check_labels(call.body.get("labels", {})))
    resource = Resource(path, body)
    error = None
    if kind == "INTERNAL":
        error = _internal(cloud, call, resource)
    elif kind == "EXTERNAL":
        _external(cloud, call, resource)
    else:
        raise errors.invalid("resource.addressType", kind, "Unknown address type.")

    def reserve() -> None:
        body["status"] = "RESERVED"

    return cloud.create(call, resource, then=reserve, error=error)


def _internal(cloud: Cloud, call: Call, resource: Resource) -> OperationError | None:
    if not call.body.get("subnetwork"):
        raise errors.lacking("An internal address without a subnetwork")
    purpose = call.body.get("purpose", "GCE_ENDPOINT")
    if purpose != "GCE_ENDPOINT":
        raise errors.lacking(f"An internal address for {purpose}")
    subnetwork = cloud.store.ready(
        links.resolve(call.body["subnetwork"], "resource.subnetwork", call.project, "subnetworks")
    )
    if subnetwork.scope != call.scope:
        raise errors.invalid(
            "resource.subnetwork",
            call.body["subnetwork"],
            "The subnetwork must be in the region of the address.",
        )
    cloud.quotas.check(call.project, [("INTERNAL_ADDRESSES", 1, call.params["region"])])
    resource.body |= {"purpose": purpose, "subnetwork": subnetwork.link}
    resource.references.append(subnetwork.path)
    if not call.body.get("address"):
        resource.body["address"] = addressing.free_internal(cloud, subnetwork)
        return None
    address = addressing.parse_address(call.body["address"], "resource.address")
    addressing.check_usable(address, subnetwork, "resource.address")
    if addressing.reserved(cloud, call.project, str(address), subnetwork.link):
        # The reservation is visible until its operation has failed, but must not hold the address.
        resource.body["address"] = ""
        return errors.ip_in_use(str(address), reserving=True)
    resource.body["address"] = str(address)
    return None


def _external(cloud: Cloud, call: Call, resource: Resource) -> None:
    if call.body.get("subnetwork"):
        raise errors.invalid(
            "resource.subnetwork",
            call.body["subnetwork"],
            "Subnetwork field is not supported for address with type EXTERNAL.",
        )
    cloud.quotas.check(
        call.project,
        [("STATIC_ADDRESSES", 1, call.params["region"])],
    )
    if not call.body.get("address"):
        resource.body["address"] = addressing.free_external(cloud)
        return
    # A client cannot choose an external address. It can only keep the ephemeral one of an instance.
    address = str(addressing.parse_address(call.body["address"], "resource.address"))
    if address not in addressing.external_in_use(cloud) or addressing.reserved(
        cloud, call.project, address, None
    ):
        raise errors.invalid(
            "resource.address",
            address,
            "Specified IP address is not an ephemeral address in use in this project and region.",
        )
    resource.body["address"] = address


def show(cloud: Cloud, body: Json) -> Json:
    """Return the representation with its present users; an address with users is IN_USE."""
    # Computed at each look, so that no change of an instance can leave it wrong.
    users = addressing.users_of(cloud, body)
    return body | ({"status": "IN_USE", "users": users} if users else {})


def delete(cloud: Cloud, call: Call) -> Json:
    """Release an address; refuse while an instance or a router uses it."""
    address = changeable(cloud, call, "addresses", "address")
    users = addressing.users_of(cloud, address.body)
    if users:
        raise errors.in_use("address", address.path, links.relative(users[0]))
    return cloud.delete(call, address)


METHODS = {
    "addresses.insert": insert,
    "addresses.get": get_of("addresses", "address", show),
    "addresses.list": list_of("addresses", "address", show),
    "addresses.aggregatedList": aggregated("addresses", "address", show),
    "addresses.delete": delete,
    "addresses.setLabels": set_labels_of("addresses"),
}
