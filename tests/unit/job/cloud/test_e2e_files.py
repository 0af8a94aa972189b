"""E2E files: written atomically, readable by their owner only, never over a person's own file."""

import stat
import subprocess

import pytest
import yaml

from host.errors import JobError, RefusedError
from job.cloud.e2e_files import write

OUTPUTS = {
    "clouds_yaml": "clouds: {capo-e2e: {}}\n",
    "e2e_variables": {"OPENSTACK_CLOUD": "capo-e2e", "ODD": "it's $HOME"},
}


def test_clouds_yaml_is_the_output_and_private(tmp_path):
    write(OUTPUTS, tmp_path)
    path = tmp_path / "clouds.yaml"

    assert yaml.safe_load(path.read_text()) == {"clouds": {"capo-e2e": {}}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_variables_reach_a_shell_as_they_are(tmp_path):
    write(OUTPUTS, tmp_path)
    script = f'. {tmp_path}/e2e.env; printf %s "$ODD"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True, text=True)

    assert done.stdout == "it's $HOME"


def test_its_own_files_are_written_anew(tmp_path):
    write(OUTPUTS, tmp_path)
    write(OUTPUTS | {"clouds_yaml": "clouds: {}\n"}, tmp_path)

    assert yaml.safe_load((tmp_path / "clouds.yaml").read_text()) == {"clouds": {}}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clouds.yaml", "e2e.env"]


def test_a_clouds_yaml_of_somebody_else_stays(tmp_path):
    path = tmp_path / "clouds.yaml"
    path.write_text("clouds: {mine: {}}\n")

    with pytest.raises(RefusedError, match=r"clouds\.yaml: it was written by somebody else"):
        write(OUTPUTS, tmp_path)
    assert path.read_text() == "clouds: {mine: {}}\n"
    assert not (tmp_path / "e2e.env").exists()


def test_a_folder_that_is_missing_is_not_made(tmp_path):
    with pytest.raises(RefusedError, match=r"--dir: .* is no folder"):
        write(OUTPUTS, tmp_path / "typo")


def test_a_stack_without_outputs_is_named_as_unfinished(tmp_path):
    with pytest.raises(JobError, match="no 'clouds_yaml'; run 'up' first"):
        write({}, tmp_path)
