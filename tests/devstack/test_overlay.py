"""Overlay: what differs from a stack on Google Cloud is said with its reason, and reaches both."""

import pytest

from stacks import configuration
from stacks.settings import Settings
from stacks.user_data import render
from tests.boot.nodes import make_credentials
from tests.devstack.site import OVERLAY, SETTINGS


@pytest.fixture
def settings() -> Settings:
    """The settings of the real DevStack."""
    return configuration.parse(SETTINGS, stack="real", project="test")


def test_every_variable_has_a_reason():
    """A comment stands above each group of lines."""
    lines = (OVERLAY / "local.conf").read_text().splitlines()
    blocks = "\n".join(lines).split("\n#")

    assert all("\n" in block for block in blocks[2:])
    assert lines[0].startswith("#")


def test_every_file_has_a_reason():
    for file in (path for path in (OVERLAY / "rootfs").rglob("*") if path.is_file()):
        assert "# " in file.read_text().split("\n\n")[0], file


@pytest.mark.parametrize("role", ["controller", "worker"])
def test_both_nodes_are_told(settings, role):
    """It is the setting localConfFile that tells them, as for everybody."""
    overlay = (OVERLAY / "local.conf").read_text()
    wanted = [line for line in overlay.splitlines() if line and not line.startswith("#")]

    user_data = render(settings, role, make_credentials())

    assert all(f"{line}\n" in user_data for line in wanted)
