"""Instance: gcp:compute/instance:Instance.

A creation ends when the instance runs; the boot may go on for minutes after that. Changes in place
are in instance_update.py. With deletion protection a delete is refused before it is sent.
"""

import os

from localcloud.plugins.gcp import convert, images
from localcloud.plugins.gcp.client import Compute
from localcloud.plugins.gcp.convert import Json
from localcloud.plugins.gcp.errors import ApiError, OperationError
from localcloud.plugins.gcp.links import Place, name_of, relative
from localcloud.plugins.gcp.plan import Plan
from localcloud.plugins.gcp.resource import Resource
from localcloud.plugins.gcp.resources.instance_fields import BOOT_DISK, INITIALIZE_PARAMS, INSTANCE
from localcloud.plugins.gcp.resources.instance_update import InstanceUpdate
from localcloud.plugins.provider import ProviderError
from localcloud.plugins.values import Properties

# The real plugin sleeps between the end of the operation and its first look at the instance, and no
# configuration changes that. Only tests set the variable.
_DELAY_VARIABLE = "LOCALCLOUD_INSTANCE_DELAY_S"
_DELAY_S = 5.0
# Pauses between its further looks. They do not depend on pollInterval.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 10.0

# The real plugin sends this if the program gives no scheduling.
_SCHEDULING = {"automaticRestart": True}


class Instance(Resource):
    """A virtual machine with its boot disk."""

    token = "gcp:compute/instance:Instance"  # noqa: S105 - a type's name
    noun = "Instance"
    collection = "instances"
    parameter = "instance"
    scope = "zone"
    labelled = True
    fields = INSTANCE

    def create(self, compute: Compute, place: Place, plan: Plan) -> None:
        """Insert the instance with its boot disk. The messages differ from those of other types."""
        body = self.body(place, plan.values)
        body["disks"] = [_boot_disk(compute, place, plan.values["bootDisk"])]
        try:
            # An OperationError has the real plugin's text already.
            compute.change(
                "instance to create", self.collection, "insert", **self.within(place), body=body
            )
        except ApiError as error:
            raise ProviderError(f"Error creating instance: {error}") from error

    def complete(self, compute: Compute, place: Place, plan: Plan) -> None:
        """Wait until the instance runs, with the real plugin's pauses. Raises OperationError."""
        del plan
        compute.sleep(float(os.environ.get(_DELAY_VARIABLE, _DELAY_S)))
        pause = _FIRST_PAUSE_S
        while (
            status := compute.run(self.collection, "get", **self.at(place))["status"]
        ) != "RUNNING":
            if compute.expired():
                raise OperationError(
                    "Error waiting for status: Error waiting for instance to reach desired status"
                    f" RUNNING: timeout while waiting for state to become 'RUNNING' (last state:"
                    f" '{status}')"
                )
            compute.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def body(self, place: Place, values: Properties) -> Json:
        """Return the insert's body without disks, because their images must be looked up."""
        body = super().body(place, values)
        body.setdefault("scheduling", _SCHEDULING)
        body["metadata"] = {"items": metadata_items(values)}
        return body

    def find(self, compute: Compute, place: Place) -> Json | None:
        """Return the instance with the parameters of its boot disk, which the disk itself has."""
        found = super().find(compute, place)
        if found is not None:
            boot = next(disk for disk in found["disks"] if disk.get("boot"))
            source = boot["source"]
            disk = compute.run("disks", "get", **self.within(place), disk=name_of(source))
            boot["initializeParams"] = {
                "sourceImage": disk.get("sourceImage", ""),
                "diskSizeGb": disk["sizeGb"],
                "diskType": disk["type"],
                "labels": disk.get("labels", {}),
                "architecture": disk.get("architecture", ""),
            }
        return found

    def outputs(self, compute: Compute, place: Place, found: Json, state: Properties) -> Properties:
        values = super().outputs(compute, place, found, state)
        boot = next(disk for disk in found["disks"] if disk.get("boot"))
        values["bootDisk"] = convert.from_api(BOOT_DISK, boot, state.get("bootDisk", {}))
        items = found.get("metadata", {}).get("items", [])
        values["metadata"] = {item["key"]: item.get("value", "") for item in items}
        for nic in values["networkInterfaces"]:
            nic["subnetworkProject"] = relative(nic["subnetwork"]).split("/")[1]
        return values

    def update(
        self, compute: Compute, place: Place, state: Properties, plan: Plan, changed: set[str]
    ) -> None:
        InstanceUpdate(compute, self.at(place), state, plan.values).run(changed, plan.changes)

    def delete(self, compute: Compute, place: Place, state: Properties) -> None:
        """Delete the instance. As in the real plugin, an instance that is gone is an error."""
        if state.get("deletionProtection"):
            raise ProviderError(
                f"Cannot delete instance {place.name}: instance Deletion Protection is enabled. Set"
                ' deletion_protection to false for this resource and run "terraform apply" before'
                " attempting to delete it."
            )
        try:
            compute.change("instance to delete", self.collection, "delete", **self.at(place))
        except ApiError as error:
            raise ProviderError(f"Error deleting instance: {error}") from error


def metadata_items(values: Properties) -> list[Json]:
    """Return metadata in the API's form, sorted, so that equal metadata gives equal requests."""
    metadata = values.get("metadata", {})
    return [{"key": key, "value": metadata[key]} for key in sorted(metadata)]


def _boot_disk(compute: Compute, place: Place, values: Properties) -> Json:
    disk = {"boot": True, **convert.to_api(BOOT_DISK, values, place)}
    params = convert.to_api(INITIALIZE_PARAMS, values.get("initializeParams", {}), place)
    if "sourceImage" in params:
        image = images.resolve(compute, place.project, params["sourceImage"])
        # A path without a project means the instance's own project.
        params["sourceImage"] = (
            f"projects/{place.project}/{image}" if image.startswith("global/") else image
        )
    if "diskSizeGb" in params:
        # An int64 is text in the API's JSON.
        params["diskSizeGb"] = str(params["diskSizeGb"])
    disk["initializeParams"] = params
    return disk
