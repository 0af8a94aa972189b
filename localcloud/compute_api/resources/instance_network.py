"""Instance network: the interfaces of an instance, and their addresses.

An interface needs a subnetwork in the region of the instance; a network alone would do on an
auto-mode network, which the double does not have. An external IP must be reserved by the project in
that region. Mistakes in the body itself are refused at once; an address that another instance has
ends the operation. IPv6 and alias ranges are answered with 501.
"""

from localcloud.compute_api import addressing, errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json, OperationError
from localcloud.compute_api.fingerprints import fingerprint
from localcloud.compute_api.store import Resource


def interface(cloud: Cloud, call: Call, given: Json, field: str) -> tuple[Json, list[str]]:
    """Return an interface without new addresses, and the paths to which it refers.

    The addresses come last, by assign(), so that a refused request takes none.
    """
    # The provider plugin sends fields that are not set as empty strings.
    given = {name: value for name, value in given.items() if value != ""}
    if "subnetwork" not in given and "network" not in given:
        raise errors.invalid(field, "", "At least one of network or subnetwork must be specified.")
    subnetwork = _subnetwork(cloud, call, given, field)
    network = links.relative(subnetwork.body["network"])
    if "network" in given:
        wanted = links.resolve(given["network"], f"{field}.network", call.project, "networks")
        if wanted != network:
            raise errors.ApiError(
                400,
                "badRequest",
                f'Subnetwork "{subnetwork.path}" is not valid for Network'
                f' "{links.name_of(wanted)}".',
            )
    _check_parts(given, subnetwork, field)
    made: Json = {
        "kind": "compute#networkInterface",
        # The index in `field`, such as networkInterfaces[0], is the number of the interface.
        "name": "nic" + field.rsplit("[", 1)[1].rstrip("]"),
        "network": links.link(network),
        "subnetwork": subnetwork.link,
        "stackType": "IPV4_ONLY",
    }
    for name in ("nicType", "networkIP"):
        if name in given:
            made[name] = given[name]
    if given.get("accessConfigs"):
        made["accessConfigs"] = [access_config(config) for config in given["accessConfigs"]]
    made["fingerprint"] = fingerprint(made)
    return made, [network, subnetwork.path]


def _check_parts(given: Json, subnetwork: Resource, field: str) -> None:
    for name in ("aliasIpRanges", "ipv6AccessConfigs", "networkAttachment"):
        if given.get(name):
            raise errors.lacking(f"A network interface with {name}")
    if given.get("stackType", "IPV4_ONLY") != "IPV4_ONLY":
        raise errors.lacking("A network interface that is not IPV4_ONLY")
    if "networkIP" in given:
        address = addressing.parse_address(given["networkIP"], f"{field}.networkIP")
        addressing.check_usable(address, subnetwork, f"{field}.networkIP")
    configs = given.get("accessConfigs", [])
    if len(configs) > 1:
        raise errors.invalid(f"{field}.accessConfigs", len(configs), "At most one is allowed.")


def access_config(given: Json) -> Json:
    """Return an access config with the service's defaults, without natIP if any address will do."""
    made = {
        "kind": "compute#accessConfig",
        "type": given.get("type", "ONE_TO_ONE_NAT"),
        "name": given.get("name", "External NAT"),
        "networkTier": given.get("networkTier", "PREMIUM"),
    }
    if given.get("natIP"):
        made["natIP"] = given["natIP"]
    return made


def _subnetwork(cloud: Cloud, call: Call, given: Json, field: str) -> Resource:
    region = f"regions/{links.region_of(call.params['zone'])}"
    if "subnetwork" in given:
        where = f"{field}.subnetwork"
        path = links.resolve(given["subnetwork"], where, call.project, "subnetworks")
        # A missing subnetwork is a bad field of the body (400), not a missing resource (404).
        found = cloud.store.find(path)
        if found is None:
            raise errors.invalid(
                where, given["subnetwork"], "The referenced subnetwork resource cannot be found."
            )
        if found.scope != region:
            raise errors.invalid(
                where, given["subnetwork"], "The subnetwork must be in the region of the instance."
            )
        return cloud.store.ready(path)
    # From here on every request is refused, since no network has subnetworks by itself. Only the
    # reason differs.
    where = f"{field}.network"
    network = links.resolve(given["network"], where, call.project, "networks")
    found = cloud.store.find(network)
    if found is None:
        raise errors.invalid(
            where, given["network"], "The referenced network resource cannot be found."
        )
    raise errors.invalid(
        where,
        given["network"],
        f"The network '{found.path}' is in custom subnet mode; a subnetwork must be specified.",
    )


def assign(cloud: Cloud, project: str, nic: Json) -> tuple[OperationError | None, list[str]]:
    """Give an interface its addresses; return an error and the paths of reservations it uses.

    The service notices an address in use only in the operation, hence an OperationError.
    """
    subnetwork = cloud.store.get(links.relative(nic["subnetwork"]))
    used: list[str] = []
    if "networkIP" not in nic:
        nic["networkIP"] = addressing.free_internal(cloud, subnetwork)
    elif nic["networkIP"] in addressing.taken_internal(cloud, subnetwork):
        return errors.ip_in_use(nic["networkIP"]), used
    else:
        held = addressing.reserved(cloud, project, nic["networkIP"], subnetwork.link)
        used += [held.path] if held else []
    for config in nic.get("accessConfigs", []):
        if "natIP" not in config:
            config["natIP"] = addressing.free_external(cloud)
            continue
        if config["natIP"] in addressing.external_in_use(cloud):
            return errors.ip_in_use(config["natIP"]), used
        held = addressing.reserved(cloud, project, config["natIP"], None)
        used += [held.path] if held else []
    return None, used


def check_external(cloud: Cloud, call: Call, nic: Json, field: str) -> None:
    """Refuse an external IP that the project has not reserved in the instance's region."""
    for i, config in enumerate(nic.get("accessConfigs", [])):
        if "natIP" in config:
            held = addressing.reserved(cloud, call.project, config["natIP"], None)
            region = f"regions/{links.region_of(call.params['zone'])}"
            if held is None or held.scope != region:
                raise errors.invalid(
                    f"{field}.accessConfigs[{i}].natIP",
                    config["natIP"],
                    "The specified external IP address"
                    f" '{config['natIP']}' was not found in region '{links.name_of(region)}'.",
                )
