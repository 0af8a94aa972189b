"""Image: gcp:compute/image:Image, made from a disk. Only its labels can change in place."""

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


class Image(Resource):
    """An image of a project."""

    token = "gcp:compute/image:Image"  # noqa: S105 - a type's name
    noun = "Image"
    collection = "images"
    parameter = "image"
    scope = "global"
    labelled = True
    fields = (
        NAME,
        PROJECT,
        DESCRIPTION_FOR_EVER,
        string("family", force_new=True),
        string("sourceDisk", force_new=True, link="zones/{zone}/disks", same=same_link),
        integer("diskSizeGb", computed=True, force_new=True),
        *labels.LABELS,
        output("archiveSizeBytes", "int"),
        CREATED,
        SELF_LINK,
    )

    def update(
        self, compute: Compute, place: Place, state: Properties, plan: Plan, changed: set[str]
    ) -> None:
        """Set the labels, which are all that can change."""
        del changed
        body = {
            "labels": plan.values["effectiveLabels"],
            "labelFingerprint": state["labelFingerprint"],
        }
        try:
            compute.change(
                "Updating Image",
                self.collection,
                "setLabels",
                **self.within(place),
                resource=place.name,
                body=body,
            )
        except ApiError as error:
            where = self.resource_id(place)
            raise ProviderError(f'Error updating Image "{where}": {error}') from error
