"""Platforms: the table is consistent, also with the rest of the program."""

import re

import pytest

from stacks.platforms import PLATFORMS, RELEASES, neutron_listens_on_9696


def test_every_platform_runs_a_release_that_exists():
    for name, platform in PLATFORMS.items():
        assert platform.releases, name
        assert set(platform.releases) <= set(RELEASES), name


def test_ubuntu_2204_stops_before_2026_1():
    """The specification's operating system and today's release exclude each other."""
    assert PLATFORMS["ubuntu-22.04"].releases == ("2025.1", "2025.2")


def test_debian_13_begins_with_2026_1():
    assert PLATFORMS["debian-13"].releases == ("2026.1",)


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_name_is_what_os_release_says(name):
    """The node compares the two before it does anything else."""
    platform = PLATFORMS[name]

    assert re.sub(r"-(stream-)?(?=[0-9])", " ", name) == f"{platform.os_id} {platform.os_version}"


def test_only_2025_1_has_neutron_on_its_own_port():
    assert [release for release in RELEASES if neutron_listens_on_9696(release)] == ["2025.1"]
