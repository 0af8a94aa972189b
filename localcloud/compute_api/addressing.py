"""Addressing: checks and allocation of internal and external IP addresses.

An internal address is unique in its subnetwork, an external one among all projects. Refused are
addresses outside their range, the four that Compute Engine keeps in each subnetwork, and ranges
that are larger or smaller than the service allows. Each question is answered from the store, so an
address is free as soon as the instance or reservation that had it is gone. Allocation takes the
lowest free address, so that a test knows which one it will be.
"""

from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from localcloud.compute_api import errors, links
from localcloud.compute_api.cloud import Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.store import Resource

# Prefix lengths of the smallest and the largest range that Compute Engine gives to a subnetwork.
_SMALLEST_PREFIX = 29
_LARGEST_PREFIX = 4


def parse_range(value: object, field: str) -> IPv4Network:
    """Parse an IPv4 range; refuse any other text and a range with host bits set."""
    # The value may be missing. None is refused as text that is no range.
    try:
        return IPv4Network(str(value))
    except (AddressValueError, NetmaskValueError, ValueError):
        raise errors.invalid(
            field, value, f"Must be a valid IPv4 CIDR address range: {value}."
        ) from None


def parse_subnet_range(value: object, field: str) -> IPv4Network:
    """Parse a range for a subnetwork, primary or secondary; refuse one outside /4 to /29."""
    network = parse_range(value, field)
    if not _LARGEST_PREFIX <= network.prefixlen <= _SMALLEST_PREFIX:
        raise errors.invalid(
            field,
            value,
            f"Invalid IPCidrRange: prefix length must be between {_LARGEST_PREFIX} and"
            f" {_SMALLEST_PREFIX}.",
        )
    return network


def parse_address(value: object, field: str) -> IPv4Address:
    """Parse an IPv4 address; refuse any other text."""
    try:
        return IPv4Address(str(value))
    except AddressValueError:
        raise errors.invalid(field, value, "Must be a valid IP address.") from None


def service_own(network: IPv4Network) -> set[IPv4Address]:
    """Return the four addresses of a subnetwork that no instance can have.

    They are the network address, the gateway, the second to last and the broadcast address.
    """
    return {network[0], network[1], network[-2], network[-1]}


def check_usable(address: IPv4Address, subnetwork: Resource, field: str) -> None:
    """Refuse an internal address outside the subnetwork's range, or one of the service's own."""
    network = IPv4Network(subnetwork.body["ipCidrRange"])
    if address not in network:
        raise errors.invalid(
            field, address, "Requested internal IP is outside the network/subnetwork range."
        )
    if address in service_own(network):
        raise errors.invalid(field, address, "IP address is reserved by Compute Engine.")


def users_of(cloud: Cloud, address: Json) -> list[str]:
    """Return the links of the instances and routers that use a reserved address."""
    return [
        resource.link
        for resource in cloud.store.all()
        if resource.collection in {"instances", "routers"} and _uses(resource, address)
    ]


def _uses(resource: Resource, address: Json) -> bool:
    if resource.collection == "routers":
        return any(
            address["selfLink"] in nat.get("natIps", []) for nat in resource.body.get("nats", [])
        )
    for nic in resource.body.get("networkInterfaces", []):
        if address["addressType"] == "INTERNAL":
            # Other networks may have the same address, so the subnetwork is compared too.
            if (nic.get("networkIP"), nic.get("subnetwork")) == (
                address["address"],
                address.get("subnetwork"),
            ):
                return True
        elif any(
            config.get("natIP") == address["address"] for config in nic.get("accessConfigs", [])
        ):
            return True
    return False


def reserved(cloud: Cloud, project: str, address: str, subnetwork: str | None) -> Resource | None:
    """Find the reservation of an internal address of a subnetwork, or (None) of an external one."""
    for resource in cloud.store.select("addresses", project):
        if (
            resource.body["address"] == address
            and (resource.body["addressType"] == "INTERNAL") == (subnetwork is not None)
            and resource.body.get("subnetwork") == subnetwork
        ):
            return resource
    return None


def taken_internal(cloud: Cloud, subnetwork: Resource) -> set[str]:
    """Return the internal addresses of a subnetwork that instances have.

    Reservations do not count: an instance may ask for a reserved address of its project.
    """
    return {
        nic["networkIP"]
        for resource in cloud.store.select("instances", subnetwork.project)
        for nic in resource.body.get("networkInterfaces", [])
        if nic.get("subnetwork") == subnetwork.link and "networkIP" in nic
    }


def free_internal(cloud: Cloud, subnetwork: Resource) -> str:
    """Return the lowest internal address that is neither used nor reserved, or refuse."""
    taken = taken_internal(cloud, subnetwork) | {
        resource.body["address"]
        for resource in cloud.store.select("addresses", subnetwork.project)
        if resource.body.get("subnetwork") == subnetwork.link
    }
    network = IPv4Network(subnetwork.body["ipCidrRange"])
    for address in network:
        if address not in service_own(network) and str(address) not in taken:
            return str(address)
    raise errors.ApiError(
        400,
        "ipSpaceExhausted",
        f"IP space of '{subnetwork.path}' is exhausted. Insufficient free IP addresses in the IP"
        f" range '{network}'.",
    )


def external_in_use(cloud: Cloud) -> set[str]:
    """Return the external addresses that instances of all projects have."""
    return {
        config["natIP"]
        for resource in cloud.store.all()
        if resource.collection == "instances"
        for nic in resource.body.get("networkInterfaces", [])
        for config in nic.get("accessConfigs", [])
        if "natIP" in config
    }


def free_external(cloud: Cloud) -> str:
    """Return the lowest external address that is free in all projects; 503 if none is left."""
    taken = external_in_use(cloud) | {
        resource.body["address"]
        for resource in cloud.store.all()
        if resource.collection == "addresses" and resource.body["addressType"] == "EXTERNAL"
    }
    for address in cloud.options.external_range.hosts():
        if str(address) not in taken:
            return str(address)
    # This limit is the double's own, so the message names localcloud.
    raise errors.ApiError(
        503,
        "backendError",
        f"localcloud's range of external addresses, {cloud.options.external_range}, is used up",
    )


def overlapping(cloud: Cloud, network_link: str, candidate: IPv4Network) -> Resource | None:
    """Find a subnetwork of the network, in any region, with a range that overlaps the candidate."""
    for resource in cloud.store.all():
        if resource.collection == "subnetworks" and resource.body["network"] == network_link:
            ranges = [resource.body["ipCidrRange"]] + [
                secondary["ipCidrRange"] for secondary in resource.body.get("secondaryIpRanges", [])
            ]
            if any(IPv4Network(item).overlaps(candidate) for item in ranges):
                return resource
    return None


def region_link(project: str, region: str) -> str:
    return links.link(f"projects/{project}/regions/{region}")
