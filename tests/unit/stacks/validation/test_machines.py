"""Machines: nesting, quota, disks and images are checked before anything costs money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.images import image_path
from stacks.validation.machines import vcpus


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("controllerMachineType", "e2-standard-16", "E2 machines do not nest"),
        ("controllerMachineType", "n2d-standard-16", "AMD machines do not nest"),
        ("controllerMachineType", "t2a-standard-16", "Arm machines do not nest"),
        ("controllerMachineType", "m1-ultramem-40", "memory-optimized machines do not nest"),
        ("controllerMachineType", "e2-medium", "E2 machines do not nest"),
        ("controllerMachineType", "n2-standard", "is no machine type"),
        ("controllerMachineType", "n2-standard-x", "is no machine type"),
        ("controllerMachineType", "", "is no machine type"),
        ("controllerMachineType", "z9-standard-16", "is not known to allow nested"),
        ("minCpuPlatform", "AMD Milan", "never runs on 'AMD Milan'; use 'Intel Cascade Lake'"),
        ("bootDiskGib", "10", "10 GiB; choose 50 to 65536"),
        ("bootDiskType", "pd-sdd", "use pd-ssd, pd-balanced, pd-standard"),
        ("volumeBackingGib", "490", "490 GiB of volumes on a disk of 500; choose 1 to 480"),
        ("operatingSystem", "windows", "is not supported; use ubuntu-22.04"),
        ("image", "ubuntu-2204", "does not name one image"),
        ("image", "p/global/images/x", "does not name one image"),
        ("image", "projects/p/global/images/family/f", "does not name one image"),
        ("image", "debian-cloud/debian-12", "is the family of debian-12; leave image empty"),
    ],
)
def test_what_cannot_work_is_refused(refusals, key, value, complaint):
    assert any(complaint in line for line in refusals(**{key: value}))


def test_more_vcpus_than_the_quota_are_refused_with_the_sum(refusals):
    assert refusals(vcpuQuota="20") == [
        (
            "devstack:vcpuQuota: 16 + 8 = 24 vCPUs are more than the quota of 20; "
            "choose smaller machine types, or raise vcpuQuota if the project's quota allows"
        )
    ]


def test_more_ssd_than_the_quota_is_refused_with_the_sum(refusals):
    [line] = refusals(ssdQuotaGib="750")

    assert "2 x 500 = 1000 GiB of SSD are more than the quota (SSD_TOTAL_GB) of 750" in line


def test_without_worker_half_the_quota_is_enough(refusals):
    assert refusals(worker="false", vcpuQuota="16", ssdQuotaGib="500") == []


def test_a_standard_disk_needs_no_ssd_quota(refusals):
    assert refusals(bootDiskType="pd-standard", ssdQuotaGib="0") == []


@pytest.mark.parametrize(
    ("machine_type", "count"),
    [
        ("n2-standard-16", 16),
        ("n2-custom-6-20480", 6),
        ("n2-custom-6-20480-ext", 6),
        ("custom-4-8192", 4),
        ("n1-highmem-96", 96),
        ("n2-standard-0", None),
        ("e2-medium", None),
    ],
)
def test_vcpus_are_read_from_the_name(machine_type, count):
    assert vcpus(machine_type) == count


@given(st.integers(1, 416), st.sampled_from(["standard", "highmem", "highcpu"]))
def test_vcpus_of_any_size(count, shape):
    assert vcpus(f"n2-{shape}-{count}") == count


def test_a_family_is_named_so_that_the_provider_need_not_guess(settings):
    """The provider would look a short name up as an image first."""
    assert image_path(settings) == "projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts"


@pytest.mark.parametrize(
    "image",
    [
        "capo/devstack-1",
        "projects/capo/global/images/devstack-1",
        "https://www.googleapis.com/compute/v1/projects/capo/global/images/devstack-1",
    ],
)
def test_an_image_by_name_is_that_image(make_settings, image):
    assert image_path(make_settings(image=image)) == "projects/capo/global/images/devstack-1"
