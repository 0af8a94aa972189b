"""Reservations: internal addresses that an earlier version reserved are excluded from updates."""

from dataclasses import replace

import pytest

from job.cloud.reservations import spared

URN = "urn:pulumi:ci::devstack::devstack:index:DevStack$gcp:compute/address:Address::"


def address(name, kind):
    return {"type": "gcp:compute/address:Address", "urn": URN + name, "inputs": kind}


STATE = [
    {"type": "pulumi:pulumi:Stack", "urn": "urn:stack"},
    address("controller-internal", {"addressType": "INTERNAL"}),
    address("controller-external", {"addressType": "EXTERNAL"}),
]


@pytest.mark.parametrize(
    ("existing", "flags"), [("", [f"--exclude={URN}controller-internal"]), ("vpc", [])]
)
def test_internal_addresses_of_a_network_of_ours_are_left_alone(existing, flags, settings):
    """In an existing network the program declares them, so updates include them."""
    assert list(spared(replace(settings, existing_network=existing), STATE)) == flags
