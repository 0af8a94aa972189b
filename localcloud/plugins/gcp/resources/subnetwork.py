"""Subnetwork: gcp:compute/subnetwork:Subnetwork.

A range may grow in place. A range that lacks an old address needs a new subnetwork.
"""

import ipaddress

from localcloud.plugins.gcp import convert
from localcloud.plugins.gcp.client import Compute
from localcloud.plugins.gcp.errors import ApiError
from localcloud.plugins.gcp.links import Place, same_link
from localcloud.plugins.gcp.plan import Plan
from localcloud.plugins.gcp.resource import Resource
from localcloud.plugins.gcp.schema import (
    CREATED,
    DESCRIPTION_FOR_EVER,
    NAME,
    PROJECT,
    SELF_LINK,
    boolean,
    integer,
    output,
    string,
)
from localcloud.plugins.provider import ProviderError
from localcloud.plugins.values import Properties


def _shrinks(old: str, new: str) -> bool:
    """Tell whether the new range lacks addresses of the old one. An unreadable range does."""
    try:
        before, after = ipaddress.ip_network(old), ipaddress.ip_network(new)
    except ValueError:
        return True
    return not (before.version == after.version and before.subnet_of(after))  # type: ignore[arg-type]  # the versions are equal


class Subnetwork(Resource):
    """The IP range of a network in one region."""

    token = "gcp:compute/subnetwork:Subnetwork"  # noqa: S105 - a type's name
    noun = "Subnetwork"
    collection = "subnetworks"
    parameter = "subnetwork"
    scope = "region"
    fields = (
        NAME,
        PROJECT,
        DESCRIPTION_FOR_EVER,
        string("region", api="-", computed=True, force_new=True, same=same_link),
        string("network", required=True, force_new=True, link="global/networks", same=same_link),
        string("ipCidrRange", computed=True, forces=_shrinks),
        boolean("privateIpGoogleAccess", computed=True),
        string("purpose", computed=True),
        string("stackType", computed=True),
        output("gatewayAddress"),
        integer("subnetworkId", api="id", output=True),
        CREATED,
        SELF_LINK,
    )

    def update(
        self, compute: Compute, place: Place, state: Properties, plan: Plan, changed: set[str]
    ) -> None:
        """Change range and Google access by their own methods, and patch the rest."""
        del state
        at = self.at(place)
        if "ipCidrRange" in changed:
            body = {"ipCidrRange": plan.values["ipCidrRange"]}
            self._post(compute, "expandIpCidrRange", at, body)
        if "privateIpGoogleAccess" in changed:
            body = {"privateIpGoogleAccess": plan.values["privateIpGoogleAccess"]}
            self._post(compute, "setPrivateIpGoogleAccess", at, body)
        others = tuple(f for f in self.fields if f.name in changed & {"purpose", "stackType"})
        # The API refuses a patch of a subnetwork without its current fingerprint.
        if others:
            found = compute.run(self.collection, "get", **at)
            body = convert.to_api(others, plan.values, place)
            self.patch(compute, place, {**body, "fingerprint": found["fingerprint"]})

    def _post(self, compute: Compute, method: str, at: dict[str, str], body: convert.Json) -> None:
        try:
            compute.change("Updating Subnetwork", self.collection, method, **at, body=body)
        except ApiError as error:
            raise ProviderError(
                f'Error updating Subnetwork "{at["subnetwork"]}": {error}'
            ) from error
