"""Overlay: each difference from a stack on Google Cloud has a reason and reaches both nodes."""

import pytest

from stacks import configuration
from stacks.settings import Settings
from stacks.user_data import render
from tests.boot.nodes import make_credentials
from tests.devstack.site import OVERLAY, SETTINGS


@pytest.fixture
def settings() -> Settings:
    """The settings with which the real DevStack is built."""
    return configuration.parse(SETTINGS, stack="real", project="test")


def test_every_variable_has_a_reason():
    """Each group of lines in local.conf has a comment above it."""
    lines = (OVERLAY / "local.conf").read_text().splitlines()
    blocks = "\n".join(lines).split("\n#")

    assert all("\n" in block for block in blocks[2:])
    assert lines[0].startswith("#")


def test_every_file_has_a_reason():
    for file in (path for path in (OVERLAY / "rootfs").rglob("*") if path.is_file()):
        assert "# " in file.read_text().split("\n\n")[0], file


@pytest.mark.parametrize("role", ["controller", "worker"])
def test_both_nodes_are_told(settings, role):
    """The overlay uses the setting localConfFile, as any user would."""
    overlay = (OVERLAY / "local.conf").read_text()
    wanted = [line for line in overlay.splitlines() if line and not line.startswith("#")]

    user_data = render(settings, role, make_credentials())

    assert all(f"{line}\n" in user_data for line in wanted)
