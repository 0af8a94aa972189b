"""Instance fields: the properties of an instance, its boot disk and its network interfaces.

Properties that the program does not use, such as service accounts, are left out, and so refused.
"""

from localcloud.plugins.gcp import labels
from localcloud.plugins.gcp.images import same_image
from localcloud.plugins.gcp.links import same_link
from localcloud.plugins.gcp.schema import (
    CREATED,
    NAME,
    PROJECT,
    SELF_LINK,
    Field,
    boolean,
    integer,
    output,
    string,
)


def _same_platform(old: str, new: str) -> bool:
    """Tell whether both mean AUTOMATIC, in any spelling. The API leaves that value out."""
    return {old.lower(), new.lower()} == {"", "automatic"}


# Names of the creation's parameters. Later the disk itself has the values, under other names
# (see Instance.find).
INITIALIZE_PARAMS = (
    string("image", api="sourceImage", computed=True, force_new=True, same=same_image),
    integer("size", api="diskSizeGb", computed=True),
    string(
        "type",
        api="diskType",
        computed=True,
        force_new=True,
        link="zones/{zone}/diskTypes",
        short=True,
    ),
    Field(name="labels", kind="map", computed=True),
    string("architecture", computed=True, force_new=True),
)
BOOT_DISK = (
    boolean("autoDelete", default=True),
    string("deviceName", computed=True, force_new=True),
    string("mode", default="READ_WRITE", force_new=True, values=("READ_WRITE", "READ_ONLY")),
    Field(
        name="initializeParams",
        kind="object",
        computed=True,
        force_new=True,
        fields=INITIALIZE_PARAMS,
    ),
    output("source"),
)
ACCESS_CONFIG = (
    string("natIp", api="natIP", computed=True),
    string("networkTier", computed=True, values=("PREMIUM", "STANDARD")),
)
NETWORK_INTERFACE = (
    string("network", computed=True, link="global/networks", same=same_link),
    string("subnetwork", computed=True, link="regions/{region}/subnetworks", same=same_link),
    string("subnetworkProject", api="-", computed=True),
    # The API changes it in place only with the subnetwork, on a stopped instance. So a change of it
    # alone replaces the instance.
    string("networkIp", api="networkIP", computed=True, force_new=True),
    string("nicType", force_new=True),
    string("stackType", computed=True),
    Field(name="accessConfigs", kind="objects", fields=ACCESS_CONFIG),
    output("name"),
)
SCHEDULING = (
    string("onHostMaintenance", computed=True),
    boolean("automaticRestart", default=True),
    boolean("preemptible", default=False, force_new=True),
    string("provisioningModel", computed=True, force_new=True),
    string("instanceTerminationAction"),
)
ADVANCED_MACHINE_FEATURES = (
    boolean("enableNestedVirtualization"),
    integer("threadsPerCore"),
    integer("visibleCoreCount"),
)
INSTANCE = (
    NAME,
    PROJECT,
    string("zone", api="-", computed=True, force_new=True),
    string("description"),
    string("hostname", force_new=True),
    string("machineType", required=True, link="zones/{zone}/machineTypes", short=True),
    string("minCpuPlatform", computed=True, same=_same_platform),
    boolean("canIpForward", default=False),
    boolean("deletionProtection", default=False),
    boolean("allowStoppingForUpdate", api="-"),
    Field(name="bootDisk", kind="object", api="-", required=True, force_new=True, fields=BOOT_DISK),
    Field(
        name="networkInterfaces",
        kind="objects",
        required=True,
        force_new=True,
        fields=NETWORK_INTERFACE,
    ),
    Field(name="scheduling", kind="object", computed=True, fields=SCHEDULING),
    Field(name="advancedMachineFeatures", kind="object", fields=ADVANCED_MACHINE_FEATURES),
    Field(name="metadata", kind="map", api="-"),
    output("metadataFingerprint", api="metadata.fingerprint"),
    Field(name="tags", kind="set", api="tags.items"),
    output("tagsFingerprint", api="tags.fingerprint"),
    *labels.LABELS,
    output("cpuPlatform"),
    output("currentStatus", api="status"),
    output("instanceId", api="id"),
    CREATED,
    SELF_LINK,
)
