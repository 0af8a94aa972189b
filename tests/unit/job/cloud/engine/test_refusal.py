"""Refusal: the parts of Google Cloud's answer that decide the class, or the zone, of a failure."""

import pytest

from job.cloud.engine.refusal import Refusal

NO_TYPE = (
    "Invalid value for field 'resource.machineType':"
    " 'zones/us-east4-b/machineTypes/n2-standard-16'. Machine type with name 'n2-standard-16' does"
    " not exist in zone 'us-east4-b'."
)
NO_PLATFORM = (
    "Invalid value for field 'resource.minCpuPlatform': 'Intel Ice Lake'. CPU platform unavailable"
    " in requested zone. Valid options for this zone are: Intel Cascade Lake."
)
NO_DISK_TYPE = (
    "Invalid value for field 'resource.disks[0].initializeParams.diskType':"
    " 'zones/us-east4-b/diskTypes/pd-ssd'. The referenced diskType resource cannot be found."
)
NO_IMAGE = (
    "Invalid value for field 'resource.disks[0].initializeParams.sourceImage':"
    " 'projects/p/global/images/x'. The referenced image resource cannot be found."
)
SMALL_DISK = (
    "Invalid value for field 'resource.disks[0].initializeParams.diskSizeGb': '10'."
    " Requested disk size cannot be smaller than the image size (50 GB)"
)
NO_NESTING = (
    "Invalid value for field 'resource.advancedMachineFeatures.enableNestedVirtualization': 'true'."
    " Nested virtualization is not supported in zone 'us-east4-b'."
)
NO_ACCELERATOR = (
    "The resource 'projects/p/zones/us-east4-b/acceleratorTypes/nvidia-tesla-t4' was not found"
)
NO_TYPE_404 = "The resource 'projects/p/zones/us-east4-b/machineTypes/n2-standard-16' was not found"
PUBLIC_IP = "Constraint constraints/compute.vmExternalIpAccess violated for project 12345."
FULL = "The zone 'projects/p/zones/a' does not have enough resources available to fulfill"


@pytest.mark.parametrize(
    ("status", "reason", "message", "kind"),
    [
        (412, "conditionNotMet", PUBLIC_IP, "configuration"),
        (403, "forbidden", PUBLIC_IP, "configuration"),
        (0, "", f"Instance creation failed: {PUBLIC_IP}", "configuration"),
        (0, "", "Operation denied by custom org policies: [x]", "configuration"),
        (412, "conditionNotMet", "Labels fingerprint either invalid or changed", "unknown"),
        (400, "invalid", "Invalid value for field 'resource.name': 'X'.", "configuration"),
        (400, "resourceInUseByAnotherResource", "It is used by another.", "unknown"),
        (404, "notFound", "The resource 'projects/p/x' was not found", "unknown"),
        (409, "alreadyExists", "The resource 'projects/p/x' already exists", "unknown"),
        (418, "", "I'm a teapot", "unknown"),
        (403, "forbidden", "Required permission", "configuration"),
        (403, "rateLimitExceeded", "Quota exceeded for quota metric 'Queries'", "infrastructure"),
        (403, "quotaExceeded", "Quota 'N2_CPUS' exceeded.", "capacity"),
        (0, "", "Quota 'N2_CPUS' exceeded. Limit: 16.0", "capacity"),
        (503, "ZONE_RESOURCE_POOL_EXHAUSTED", "The zone is full", "capacity"),
        (0, "", FULL, "capacity"),
        (503, "backendError", "Unavailable.", "infrastructure"),
        (502, "", "Error 502 (Server Error)!!1", "infrastructure"),
        (429, "", "Too many", "infrastructure"),
        (0, "", "Internal error. Please try again or contact support.", "infrastructure"),
        (0, "", "Post https://x: dial tcp: connection refused", "infrastructure"),
        (0, "", "Something that nobody has seen before", "unknown"),
    ],
)
def test_only_words_that_leave_no_doubt_decide_a_class(status, reason, message, kind):
    """An unfamiliar refusal is `unknown`, not an outage."""
    assert Refusal(message=message, status=status, reason=reason).kind == kind


@pytest.mark.parametrize(
    ("status", "message", "gist"),
    [
        (
            400,
            NO_TYPE,
            "Machine type with name 'n2-standard-16' does not exist in zone 'us-east4-b'",
        ),
        (
            400,
            NO_PLATFORM,
            (
                "'Intel Ice Lake': CPU platform unavailable in requested zone. Valid options for"
                " this zone are: Intel Cascade Lake"
            ),
        ),
        (400, NO_DISK_TYPE, "'pd-ssd': The referenced diskType resource cannot be found"),
        (
            400,
            NO_NESTING,
            "'true': Nested virtualization is not supported in zone 'us-east4-b'",
        ),
        (404, NO_ACCELERATOR, NO_ACCELERATOR),
        (404, NO_TYPE_404, NO_TYPE_404),
        (0, NO_TYPE, "Machine type with name 'n2-standard-16' does not exist in zone 'us-east4-b'"),
    ],
)
def test_what_a_zone_lacks_another_may_have(status, message, gist):
    """The gist omits the name of the field and the resource's path."""
    refusal = Refusal(message=message, status=status, reason="invalid")

    assert refusal.zone_lacks_it
    assert refusal.is_of_zone
    assert refusal.kind == "configuration"
    assert refusal.gist == gist


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, NO_TYPE),
        (400, "Invalid value for field 'resource.zone': 'us-east4-z'. Unknown zone."),
        (404, "The resource 'projects/p/zones/us-east4-a/instances/x' was not found"),
        (404, "The resource 'projects/p/global/images/family/none' was not found"),
        (412, "'us-east4-a' violates constraint 'constraints/gcp.resourceLocations'"),
        (400, "The selected machine type n2-standard-2 is not compatible with CPU platform x."),
    ],
)
def test_what_no_zone_can_mend_is_of_no_zone(status, message):
    assert not Refusal(message=message, status=status, reason="x").is_of_zone


def test_it_is_told_with_status_and_reason_in_front():
    """Status and reason survive where a long message is cut off."""
    told = Refusal(message=PUBLIC_IP, status=412, reason="conditionNotMet")

    assert str(told) == f"412 conditionNotMet: {PUBLIC_IP}"
    assert str(Refusal(message="No.")) == "No."


@pytest.mark.parametrize(
    ("message", "is_of_image"),
    [
        ("The resource 'projects/p/global/images/capo-worker-1' was not found", True),
        ("The resource 'projects/p/global/images/capo-worker-1' is not ready", True),
        (NO_IMAGE, True),
        ("Required 'compute.images.useReadOnly' permission for 'projects/p/global/images/x'", True),
        (NO_DISK_TYPE, False),
        (SMALL_DISK, False),
        ("The resource 'projects/p/global/networks/x' was not found", False),
        ("Required 'compute.instances.create' permission for 'projects/p'", False),
    ],
)
def test_an_image_that_cannot_be_used_is_known(message, is_of_image):
    """The API uses one form for the image itself, and another one for a field that names it."""
    assert Refusal(message=message).is_of_image == is_of_image
