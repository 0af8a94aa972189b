"""Platforms: supported operating systems, and the OpenStack releases on each.

Source: SUPPORTED_DISTROS in DevStack's stack.sh of each release (rhel9 covers CentOS Stream 9).
"""

from dataclasses import dataclass

RELEASES = ("2025.1", "2025.2", "2026.1")
"""Releases that have a `stable/` branch of DevStack, oldest first."""


@dataclass(frozen=True)
class Platform:
    """An operating system: public image family, os-release, and OpenStack releases."""

    image_project: str
    image_family: str
    os_id: str
    os_version: str
    releases: tuple[str, ...]

    @property
    def public_image_has_cloud_init(self) -> bool:
        """False where Google's image has only its guest agent (docs/surprises.md)."""
        return self.os_id == "ubuntu"


PLATFORMS = {
    "ubuntu-22.04": Platform(
        "ubuntu-os-cloud", "ubuntu-2204-lts", "ubuntu", "22.04", ("2025.1", "2025.2")
    ),
    "ubuntu-24.04": Platform(
        "ubuntu-os-cloud",
        "ubuntu-2404-lts-amd64",
        "ubuntu",
        "24.04",
        ("2025.1", "2025.2", "2026.1"),
    ),
    "debian-12": Platform(
        "debian-cloud", "debian-12", "debian", "12", ("2025.1", "2025.2", "2026.1")
    ),
    "debian-13": Platform("debian-cloud", "debian-13", "debian", "13", ("2026.1",)),
    "centos-stream-9": Platform(
        "centos-cloud", "centos-stream-9", "centos", "9", ("2025.1", "2025.2", "2026.1")
    ),
}


def neutron_listens_on_9696(release: str) -> bool:
    """Tell whether Neutron listens on its own port. From 2025.2 on it is on port 80 only."""
    return release == "2025.1"
