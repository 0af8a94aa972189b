"""Cleanup: what is left of stacks whose state is lost is listed, and removed when that is asked."""

import shutil
import subprocess
import sys
import time

import pytest

from host.ending import Ending
from job.cloud.cleanup import keeping
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.cleanup.marks import Scope
from job.cloud.place import Place
from localcloud.stack_settings import BEARER
from tests.patience import PATIENCE_S


@pytest.fixture
def sweep(cloud):
    """Run `python -m job cleanup --project`, with the settings that lead to the double."""

    def run(*flags):
        cloud.command("preview")  # Which writes them.
        settings = cloud.folder / f"{cloud.stack}.yaml"
        return subprocess.run(
            [sys.executable, "-m", "job", "cleanup", "--project", cloud.project, *flags],
            cwd=cloud.checkout,
            env={**cloud.variables(), "DEVSTACK_SETTINGS": str(settings)},
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        ).stdout

    return run


@pytest.fixture
def other(cloud, make_cloud, tmp_path):
    """Another stack in the same project."""
    made = make_cloud(tmp_path / "other")
    made.folder.mkdir()
    made.project, made.stack = cloud.project, "other"
    return made


def keep(cloud, seconds):
    """Keep the stack as a job that failed would."""
    place = Place(
        project=cloud.project,
        region="us-east4",
        endpoint=cloud.api.url,
        access_token=BEARER,
    )
    ending = Ending()
    try:
        api = Api(place, Budget(60, ending), print)
        keeping.keep(api, Scope(cluster="capo-e2e", stack="test"), time.time() + seconds)
    finally:
        ending.close()


def test_a_stack_whose_state_is_lost_is_listed_and_then_removed(cloud):
    """The next run is a normal one."""
    cloud.job("up")
    before = cloud.inventory()
    shutil.rmtree(cloud.staged)
    listed = cloud.job("cleanup").out

    assert cloud.inventory() == before
    assert not cloud.staged.exists()
    for path in before:
        assert f"projects/{cloud.project}/{path}  stack test, created 20" in listed
    assert f"these {len(before)} in project {cloud.project} would be removed" in listed
    cloud.job("cleanup", "--yes")
    assert cloud.inventory() == set()
    cloud.job("up")
    assert cloud.inventory() == before


def test_a_stack_with_state_loses_that_too(cloud):
    cloud.job("up", worker=False)
    cloud.job("cleanup", "--yes", worker=False)

    assert cloud.inventory() == set()
    assert not cloud.staged.exists()


def test_a_project_is_cleaned_of_all_stacks_and_of_nothing_else(cloud, other, sweep):
    """What an earlier job left there, with whatever state, on whatever machine."""
    cloud.job("up", clusterName="lab", worker=False)
    theirs = cloud.inventory()
    cloud.stack = "left"
    cloud.job("up", worker=False)
    other.job("up", worker=False)
    listed = sweep("--dry-run")
    assert "stack left," in listed
    assert "stack other," in listed
    assert "stack test," not in listed
    sweep("--yes")

    assert cloud.inventory() == theirs
    assert "there is nothing to remove" in sweep("--yes")


def test_one_stack_of_a_project_can_be_named(cloud, other, sweep):
    cloud.job("up", worker=False)
    other.job("up", worker=False)
    sweep("--stack", "other", "--yes")

    assert cloud.inventory()
    assert all("capo-e2e-test" in path for path in cloud.inventory())


def test_a_kept_stack_is_spared_until_its_time_is_over(cloud, sweep):
    """Meanwhile it can be worked with as if it did not have that label."""
    cloud.job("up")
    before = cloud.inventory()
    keep(cloud, 3600)

    assert "kept until 20" in sweep("--yes")
    assert "there is nothing to remove" in cloud.job("cleanup", "--yes").out
    cloud.job("refresh")
    cloud.job("preview", "--expect-no-changes")
    cloud.job("up", labels=["pr=18"])
    assert "there is nothing to remove" in sweep("--yes")
    assert cloud.inventory() == before

    keep(cloud, -1)
    sweep("--yes")
    assert cloud.inventory() == set()
    cloud.job("down")


def test_a_kept_stack_can_be_taken_down_before(cloud):
    cloud.job("up", worker=False)
    keep(cloud, 3600)
    cloud.job("down")

    assert cloud.inventory() == set()
