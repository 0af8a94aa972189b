"""Preflight on the real engine: reports why an `up` would fail, before anything is created."""

import pytest

from tests.repositories import make_repositories


@pytest.fixture
def sources(tmp_path):
    """Settings with git repositories on this machine that have the refs of the default release."""
    base = make_repositories(tmp_path / "repositories")
    return {"gitBase": base, "ovnFromSource": False, "amphoraImageUrl": ""}


def test_what_passes_comes_up(cloud, sources):
    done = cloud.job("preflight", "--for", "up", **sources)

    assert done.out == (
        f"preflight: nothing is in the way of stack test (project {cloud.project})\n"
    )
    assert cloud.inventory() == set()
    cloud.job("up", **sources)
    assert cloud.job("preflight", "--for", "up", **sources).code == 0


def test_each_kind_of_obstacle_is_told_at_once(cloud, sources, tmp_path):
    cloud.environment["PULUMI_HOME"] = str(tmp_path / "empty")
    cloud.environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    cloud.api.set_quota(cloud.project, "SSD_TOTAL_GB", 750, "us-east4")
    done = cloud.job(
        "preflight", "--for", "up", check=False, **sources | {"octaviaRef": "stable/2020.1"}
    )
    subjects = [line.partition(":")[0] for line in done.err.splitlines()]

    assert done.code == 2
    assert subjects == ["plugin", "plugin", "devstack", "quota SSD_TOTAL_GB"]
    assert "Traceback" not in done.out + done.err
    assert cloud.inventory() == set()
    assert cloud.operations("compute.networks.insert") == []
