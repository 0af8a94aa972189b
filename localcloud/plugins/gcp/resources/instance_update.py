"""Instance update: changes of an instance in place, each by its own method of the API.

Accepts metadata, tags, labels, scheduling, deletion protection, external IPs, and the boot disk's
size and labels. Machine type and CPU platform change on a stopped instance, and only if the program
sets allowStoppingForUpdate. Refuses the rest: the real plugin changes more, but our program
replaces the instance instead, so nothing here needs it.
"""

from localcloud.plugins.gcp.client import Compute
from localcloud.plugins.gcp.convert import Json
from localcloud.plugins.gcp.errors import ApiError
from localcloud.plugins.gcp.links import name_of
from localcloud.plugins.provider import Change, ProviderError
from localcloud.plugins.values import Properties

_STOPS = ("machineType", "minCpuPlatform", "advancedMachineFeatures")
_STOP_REFUSED = (
    "Changing the machine_type, min_cpu_platform, service_account, enable_display,"
    " shielded_instance_config, scheduling.node_affinities, scheduling.max_run_duration or"
    " network_interface.[#d].(network/subnetwork/subnetwork_project) or"
    " advanced_machine_features on a started instance requires stopping it. To acknowledge this,"
    " please set allow_stopping_for_update = true in your config. You can also stop it by setting"
    ' desired_status = "TERMINATED", but the instance will not be restarted after the update.'
)
# The real plugin changes more of them. Our program replaces the instance instead.
_CARRIED = {
    "metadata",
    "tags",
    "pulumiLabels",
    "labels",
    "effectiveLabels",
    "scheduling",
    "deletionProtection",
    "allowStoppingForUpdate",
    "machineType",
    "minCpuPlatform",
    "networkInterfaces",
    "bootDisk",
}


class InstanceUpdate:
    """One update, with its steps in the real plugin's order."""

    def __init__(
        self, compute: Compute, at: dict[str, str], state: Properties, values: Properties
    ) -> None:
        self._compute = compute
        self._at = at
        self._state = state
        self._values = values

    def run(self, changed: set[str], changes: dict[str, Change]) -> None:
        """Change the properties that `changed` names. Raises ProviderError.

        `changes` has them by path. Names outside `_CARRIED` are refused before the first request.
        """
        if lacking := sorted(changed - _CARRIED - {"advancedMachineFeatures"}):
            raise ProviderError(
                f"{', '.join(lacking)}: this stand-in plugin does not change it in place"
            )
        steps = {
            "metadata": self._metadata,
            "tags": self._tags,
            "effectiveLabels": self._labels,
            "scheduling": self._scheduling,
            "networkInterfaces": lambda: self._access_configs(changes),
            "bootDisk": lambda: self._boot_disk(changes),
            "deletionProtection": self._deletion_protection,
        }
        for name, step in steps.items():
            if name in changed:
                step()
        if changed & set(_STOPS):
            self._stopped(changed)

    def _metadata(self) -> None:
        values = self._values.get("metadata", {})
        items = [{"key": key, "value": values[key]} for key in sorted(values)]
        # As in the real plugin: the fingerprint is read again here; tags and labels use state's.
        found = self._compute.run("instances", "get", **self._at)
        body = {"items": items, "fingerprint": found["metadata"]["fingerprint"]}
        self._change("metadata to update", "updating metadata", "setMetadata", body)

    def _tags(self) -> None:
        body = {
            "items": self._values.get("tags", []),
            "fingerprint": self._state["tagsFingerprint"],
        }
        self._change("tags to update", "updating tags", "setTags", body)

    def _labels(self) -> None:
        body = {
            "labels": self._values["effectiveLabels"],
            "labelFingerprint": self._state["labelFingerprint"],
        }
        self._change("labels to update", "updating labels", "setLabels", body)

    def _scheduling(self) -> None:
        scheduling = self._values["scheduling"]
        body = {name: value for name, value in scheduling.items() if value not in (None, "")}
        self._change(
            "scheduling policy update", "updating scheduling policy", "setScheduling", body
        )

    def _deletion_protection(self) -> None:
        at = {key: value for key, value in self._at.items() if key != "instance"}
        try:
            self._compute.change(
                "deletion protection to update",
                "instances",
                "setDeletionProtection",
                **at,
                resource=self._at["instance"],
                deletionProtection=self._values["deletionProtection"],
            )
        except ApiError as error:
            raise ProviderError(f"Error updating deletion protection flag: {error}") from error

    def _access_configs(self, changes: dict[str, Change]) -> None:
        """Delete the old external IPs and add the new ones."""
        # All else of an interface changes on a stopped instance only.
        if any(".accessConfigs" not in path for path in changes if "networkInterfaces" in path):
            raise ProviderError(_STOP_REFUSED)
        for old, new in zip(
            self._state["networkInterfaces"], self._values["networkInterfaces"], strict=True
        ):
            before, after = old.get("accessConfigs", []), new.get("accessConfigs", [])
            if before == after:
                continue
            nic = {**self._at, "networkInterface": old["name"]}
            if before:
                found = self._compute.run("instances", "get", **self._at)
                names = {each["name"]: each["accessConfigs"] for each in found["networkInterfaces"]}
                for config in names[old["name"]]:
                    self._compute.change(
                        "old access_config to delete",
                        "instances",
                        "deleteAccessConfig",
                        **nic,
                        accessConfig=config["name"],
                    )
            for config in after:
                body = {"type": "ONE_TO_ONE_NAT"}
                if isinstance(config.get("natIp"), str):
                    body["natIP"] = config["natIp"]
                self._compute.change(
                    "new access_config to add", "instances", "addAccessConfig", **nic, body=body
                )

    def _boot_disk(self, changes: dict[str, Change]) -> None:
        params = self._values["bootDisk"]["initializeParams"]
        at = {key: value for key, value in self._at.items() if key != "instance"}
        disk = name_of(self._state["bootDisk"]["source"])
        paths = {path for path in changes if path.startswith("bootDisk")}
        if "bootDisk.initializeParams.size" in paths:
            body: Json = {"sizeGb": str(params["size"])}
            self._compute.change("resizing disk", "disks", "resize", **at, disk=disk, body=body)
        if any(path.startswith("bootDisk.initializeParams.labels") for path in paths):
            found = self._compute.run("disks", "get", **at, disk=disk)
            body = {"labels": params["labels"], "labelFingerprint": found["labelFingerprint"]}
            self._compute.change(
                "labels to update", "disks", "setLabels", **at, resource=disk, body=body
            )
        if "bootDisk.autoDelete" in paths:
            raise ProviderError("bootDisk.autoDelete: this stand-in does not change it in place")

    def _stopped(self, changed: set[str]) -> None:
        if not self._values.get("allowStoppingForUpdate"):
            raise ProviderError(_STOP_REFUSED)
        if "advancedMachineFeatures" in changed:
            raise ProviderError(
                "advancedMachineFeatures: this stand-in plugin does not change it in place"
            )
        zone = f"projects/{self._at['project']}/zones/{self._at['zone']}"
        self._compute.change("stopping instance", "instances", "stop", **self._at)
        if "machineType" in changed:
            body = {"machineType": f"{zone}/machineTypes/{self._values['machineType']}"}
            self._change("updating machinetype", "changing machine type", "setMachineType", body)
        if "minCpuPlatform" in changed:
            body = {"minCpuPlatform": self._values["minCpuPlatform"]}
            what = "updating min cpu platform"
            self._change(what, what, "setMinCpuPlatform", body)
        self._compute.change("starting instance", "instances", "start", **self._at)

    def _change(self, activity: str, doing: str, method: str, body: Json) -> None:
        try:
            self._compute.change(activity, "instances", method, **self._at, body=body)
        except ApiError as error:
            raise ProviderError(f"Error {doing}: {error}") from error
