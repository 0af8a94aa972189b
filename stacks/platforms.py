"""Platforms: supported operating systems, and the OpenStack releases on each.

Source: SUPPORTED_DISTROS in DevStack's stack.sh of each release (rhel9 covers CentOS Stream 9).
"""

from dataclasses import dataclass

RELEASES = ("2025.1", "2025.2", "2026.1")
"""Releases that have a `stable/` branch of DevStack, oldest first."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """An operating system: public image family, os-release, and OpenStack releases."""

    image_project: str
    image_family: str
    os_id: str
    os_version: str
    releases: tuple[str, ...]
    public_image_has_cloud_init: bool
    """False where Google's image has only its guest agent (docs/surprises.md)."""


PLATFORMS = {
    "ubuntu-22.04": Platform(
        image_project="ubuntu-os-cloud",
        image_family="ubuntu-2204-lts",
        os_id="ubuntu",
        os_version="22.04",
        releases=("2025.1", "2025.2"),
        public_image_has_cloud_init=True,
    ),
    "ubuntu-24.04": Platform(
        image_project="ubuntu-os-cloud",
        image_family="ubuntu-2404-lts-amd64",
        os_id="ubuntu",
        os_version="24.04",
        releases=("2025.1", "2025.2", "2026.1"),
        public_image_has_cloud_init=True,
    ),
    "debian-12": Platform(
        image_project="debian-cloud",
        image_family="debian-12",
        os_id="debian",
        os_version="12",
        releases=("2025.1", "2025.2", "2026.1"),
        public_image_has_cloud_init=False,
    ),
    "debian-13": Platform(
        image_project="debian-cloud",
        image_family="debian-13",
        os_id="debian",
        os_version="13",
        releases=("2026.1",),
        public_image_has_cloud_init=False,
    ),
    "centos-stream-9": Platform(
        image_project="centos-cloud",
        image_family="centos-stream-9",
        os_id="centos",
        os_version="9",
        releases=("2025.1", "2025.2", "2026.1"),
        public_image_has_cloud_init=False,
    ),
}


def releases_for(operating_system: str) -> tuple[str, ...]:
    """Return the releases that run on an operating system."""
    return PLATFORMS[operating_system].releases


def neutron_listens_on_9696(release: str) -> bool:
    """Tell whether Neutron listens on its own port. From 2025.2 on it is on port 80 only."""
    return release == "2025.1"
