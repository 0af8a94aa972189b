"""Workload: the settings that lead a stack to the real DevStack, and where its files are."""

import json
from pathlib import Path

import pytest

from localcloud.devstack.real.probes import Host
from localcloud.devstack.real.workload import RealDevStack
from localcloud.errors import LocalcloudError
from localcloud.machines.configuration import CONTROLLER, FLOATING
from stacks import configuration
from stacks.settings import Settings

ABLE = Host(kvm=True, open_vswitch=True, tun=True)


def parsed(workload):
    """Return the program's own reading of the workload's settings."""
    file = Path(workload.settings["devstack:localConfFile"])
    file.parent.mkdir(exist_ok=True)
    file.write_text("ENABLE_KSM=False\n")
    given = {
        key.removeprefix("devstack:"): value
        for key, value in workload.settings.items()
        if key.startswith("devstack:")
    }
    # As the engine passes them: a string as it is, anything else as JSON.
    texts = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()
    }
    return configuration.parse(texts, stack="real", project="test")


@pytest.mark.parametrize("mirrors", [None, Path("/mirrors")], ids=["usual place", "mirrors"])
def test_the_program_accepts_its_settings(tmp_path, mirrors):
    settings = parsed(RealDevStack(tmp_path / "state", mirrors, ABLE))

    assert settings.local_conf_extra == "ENABLE_KSM=False\n"
    assert (settings.controller_ip, settings.floating_cidr) == (CONTROLLER, FLOATING)


def test_without_mirrors_repositories_and_the_amphora_come_from_their_usual_place(tmp_path):
    settings = parsed(RealDevStack(tmp_path, None, ABLE))

    assert settings.git_base == Settings.git_base
    assert settings.amphora_image_url == Settings.amphora_image_url


def test_with_mirrors_nothing_is_fetched_from_elsewhere(tmp_path):
    settings = parsed(RealDevStack(tmp_path, Path("/mirrors"), ABLE))

    assert settings.amphora_image_url.startswith(f"{settings.git_base}/")


def test_its_machines_and_images_are_on_one_file_system(tmp_path):
    """A capture moves a machine's files to the images."""
    workload = RealDevStack(tmp_path, None, ABLE)

    assert workload.machines.parent == workload.images.parent == tmp_path


@pytest.mark.parametrize("character", [",", ":"])
def test_a_folder_that_mount_cannot_be_given_is_refused(character):
    with pytest.raises(LocalcloudError, match="which mount cannot be given; name another folder"):
        RealDevStack(Path(f"/a{character}b"), None, ABLE)
