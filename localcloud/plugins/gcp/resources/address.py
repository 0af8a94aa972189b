"""Address: gcp:compute/address:Address. Only its labels can change in place."""

from localcloud.plugins.gcp import labels
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
    integer,
    output,
    string,
)
from localcloud.plugins.provider import ProviderError
from localcloud.plugins.values import Properties


class Address(Resource):
    """An internal or external IP that is reserved in a region."""

    token = "gcp:compute/address:Address"  # noqa: S105 - a type's name
    noun = "Address"
    collection = "addresses"
    parameter = "address"
    scope = "region"
    labelled = True
    fields = (
        NAME,
        PROJECT,
        DESCRIPTION_FOR_EVER,
        string("region", api="-", computed=True, force_new=True, same=same_link),
        string("address", computed=True, force_new=True),
        string("addressType", default="EXTERNAL", force_new=True, values=("EXTERNAL", "INTERNAL")),
        string(
            "subnetwork",
            computed=True,
            force_new=True,
            link="regions/{region}/subnetworks",
            same=same_link,
        ),
        string("network", force_new=True, link="global/networks", same=same_link),
        string("networkTier", computed=True, force_new=True, values=("PREMIUM", "STANDARD")),
        integer("prefixLength", computed=True, force_new=True),
        string("purpose", computed=True, force_new=True),
        *labels.LABELS,
        output("addressId", api="id"),
        output("users", "list"),
        CREATED,
        SELF_LINK,
    )

    def complete(self, compute: Compute, place: Place, plan: Plan) -> None:
        """Set the labels again, as the real plugin does after the creation of an address."""
        if not plan.values["effectiveLabels"]:
            return
        try:
            self._set_labels(compute, place, plan)
        except ApiError as error:
            where = self.resource_id(place)
            raise ProviderError(
                f'Error adding labels to ComputeAddress "{where}": {error}'
            ) from error

    def update(
        self, compute: Compute, place: Place, state: Properties, plan: Plan, changed: set[str]
    ) -> None:
        """Set the labels, which are all that can change."""
        del state, changed
        try:
            self._set_labels(compute, place, plan)
        except ApiError as error:
            where = self.resource_id(place)
            raise ProviderError(f'Error updating Address "{where}": {error}') from error

    def _set_labels(self, compute: Compute, place: Place, plan: Plan) -> None:
        found = compute.run(self.collection, "get", **self.at(place))
        compute.change(
            "Updating ComputeAddress Labels",
            self.collection,
            "setLabels",
            **self.within(place),
            resource=place.name,
            body={
                "labels": plan.values["effectiveLabels"],
                "labelFingerprint": found["labelFingerprint"],
            },
        )
