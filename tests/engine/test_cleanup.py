"""Cleanup: resources of stacks whose state is lost are listed, and deleted only on request."""

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


def sweep(cloud, *flags):
    """Run `python -m job cleanup --project` on the double and return its output."""
    cloud.command("preview")  # Writes the settings file.
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


@pytest.fixture
def add_stack(running, cloud):
    """Copy a stack's resources into the project without state; return their paths."""

    def add(stack, cluster="capo-e2e"):
        before = cloud.inventory()
        running[0].copy_resources(
            cloud.project,
            {
                "capo-e2e-test": f"{cluster}-{stack}",
                '"devstack-cluster": "capo-e2e"': f'"devstack-cluster": "{cluster}"',
                '"devstack-stack": "test"': f'"devstack-stack": "{stack}"',
                "devstack-cluster=capo-e2e devstack-stack=test": (
                    f"devstack-cluster={cluster} devstack-stack={stack}"
                ),
            },
        )
        return cloud.inventory() - before

    return add


def keep(cloud, seconds):
    """Label the stack as kept for that many seconds, as a failed job does."""
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


def test_a_stack_whose_state_is_lost_is_listed_and_then_removed(standing):
    """The next `up` then works like the first one."""
    before = standing.inventory()
    shutil.rmtree(standing.staged)
    listed = standing.job("cleanup").out

    assert standing.inventory() == before
    assert not standing.staged.exists()
    for path in before:
        assert f"projects/{standing.project}/{path}  stack test, created 20" in listed
    assert f"these {len(before)} in project {standing.project} would be removed" in listed
    standing.job("cleanup", "--yes")
    assert standing.inventory() == set()
    standing.job("up")
    assert standing.inventory() == before


def test_a_stack_with_state_loses_that_too(standing):
    standing.job("cleanup", "--yes")

    assert standing.inventory() == set()
    assert not standing.staged.exists()


def test_a_project_is_cleaned_of_all_stacks_and_of_nothing_else(cloud, add_stack):
    """Earlier jobs may have left stacks whose state was on another machine. Other clusters stay."""
    theirs = add_stack("test", cluster="lab")
    assert theirs
    for stack in ("left", "other"):
        add_stack(stack)
    listed = sweep(cloud, "--dry-run")
    assert "stack left," in listed
    assert "stack other," in listed
    assert "stack test," not in listed
    sweep(cloud, "--yes")

    assert cloud.inventory() == theirs
    assert "there is nothing to remove" in sweep(cloud, "--yes")


def test_one_stack_of_a_project_can_be_named(cloud, add_stack):
    left = add_stack("test")
    assert left
    add_stack("other")
    sweep(cloud, "--stack", "other", "--yes")

    assert cloud.inventory() == left


def test_a_kept_stack_is_spared_until_its_time_is_over(standing):
    """The label does not disturb other commands: refresh, preview and up work as usual."""
    before = standing.inventory()
    keep(standing, 3600)

    assert "kept until 20" in sweep(standing, "--yes")
    assert "there is nothing to remove" in standing.job("cleanup", "--yes").out
    standing.job("refresh")
    standing.job("preview", "--expect-no-changes")
    standing.job("up", labels=["pr=18"])
    assert "there is nothing to remove" in sweep(standing, "--yes")
    assert standing.inventory() == before

    keep(standing, -1)
    sweep(standing, "--yes")
    assert standing.inventory() == set()
    standing.job("down")


def test_a_kept_stack_can_be_taken_down_before(standing):
    keep(standing, 3600)
    standing.job("down")

    assert standing.inventory() == set()
