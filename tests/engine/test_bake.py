"""Bake on the real engine: images stay, everything else goes, however it ends."""

import signal
import subprocess
import time
from dataclasses import replace

import pytest

from job.cloud.cleanup.api import path_of
from localcloud.boskos.ranch import Ranch, Resource
from localcloud.boskos.server import BoskosServer
from localcloud.compute_api.clock import SystemClock
from localcloud.compute_api.faults import Fault
from localcloud.machines.node_status import Course
from stacks.naming import ROLES
from tests.engine.conftest import new_project
from tests.patience import FOREVER_S, PATIENCE_S


@pytest.fixture
def courses(cloud):
    """The fate of the nodes that start during the test, by role."""
    cloud.nodes.courses = {}
    yield cloud.nodes.courses
    cloud.nodes.courses = {}


def images(cloud):
    """The images of the cloud's project by role, in the order of their creation."""
    found = {role: [] for role in ROLES}
    for path in sorted(cloud.inventory()):
        body = cloud.api.resource(f"projects/{cloud.project}/{path}")
        found[body["labels"]["devstack-image"]].append(body)
    return found


def start(cloud):
    return subprocess.Popen(
        cloud.command("bake"),
        cwd=cloud.checkout,
        env=cloud.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(cloud, method, process):
    """Wait until an operation of the method was begun."""
    deadline = time.monotonic() + PATIENCE_S
    while not cloud.operations(method):
        assert process.poll() is None, method
        assert time.monotonic() < deadline, method
        time.sleep(0.05)


def await_machine(cloud, path):
    """Wait until an instance runs, and its machine has been booted."""
    deadline = time.monotonic() + PATIENCE_S
    while path not in cloud.inventory() or (
        cloud.api.resource(f"projects/{cloud.project}/{path}")["status"] != "RUNNING"
    ):
        assert time.monotonic() < deadline, path
        time.sleep(0.05)
    cloud.api.cloud.hooks.drain()


def test_a_bake_leaves_an_image_of_each_node_and_nothing_else(cloud):
    """Although the jobs, whose settings it has, start from images. The second bake prunes."""
    done = cloud.job("bake", "--keep", "1", bakedImages="require")
    first = images(cloud)

    for role in ROLES:
        [image] = first[role]
        assert image["status"] == "READY"
        assert image["family"] == f"capo-e2e-{role}"
        assert image["sourceDisk"].endswith(f"/disks/capo-e2e-test-{role}")
        assert '"nova":"68fdaf29"' in image["description"]
        assert f"image {cloud.project}/{image['name']}" in done.out

    done = cloud.job("bake", "--keep", "1", bakedImages="prefer")
    second = images(cloud)
    # A bake builds from nothing, whatever the settings of the jobs say.
    assert "from image" not in done.out
    assert all(f"deleted {path_of(image['selfLink'])}\n" in done.out for [image] in first.values())
    assert {role: len(second[role]) for role in ROLES} == dict.fromkeys(ROLES, 1)
    assert all(second[role] != first[role] for role in ROLES)


def test_a_node_that_fails_ends_the_bake_without_an_image(cloud, courses):
    courses["worker"] = Course(error="no such branch")
    done = cloud.job("bake", check=False)

    assert done.code == 1
    assert "no such branch" in done.err
    assert cloud.inventory() == set()


def test_an_image_that_cannot_be_made_leaves_nothing_but_the_other(cloud):
    cloud.api.add_fault(Fault(method="images.insert", kind="error", status=403, reason="forbidden"))
    done = cloud.job("bake", check=False)

    assert done.code == 1
    assert all(path.startswith("global/images/") for path in cloud.inventory())
    assert sum(map(len, images(cloud).values())) == 1


def test_a_second_bake_of_the_stack_is_refused_and_changes_nothing(cloud, courses):
    # Nodes of other tests, too, have the usual stack's name.
    cloud.stack = "twice"
    courses["worker"] = Course(verdict_after_s=FOREVER_S)
    with start(cloud) as first:
        wait_for(cloud, "instances.insert", first)
        second = cloud.job("bake", check=False)
        await_machine(cloud, "zones/us-east4-a/instances/capo-e2e-twice-worker")
        cloud.nodes.fare("capo-e2e-twice-worker", Course())
        output, _ = first.communicate(timeout=PATIENCE_S)

    assert second.code == 1
    assert "stack twice is being baked" in second.err
    assert first.returncode == 0, output
    assert {role: len(found) for role, found in images(cloud).items()} == dict.fromkeys(ROLES, 1)


def test_a_stack_that_exists_is_not_baked(standing):
    """Its nodes are in use, or a killed bake has left them."""
    before = standing.inventory()
    done = standing.job("bake", check=False)

    assert done.code == 2
    assert "stack test exists, and a bake would destroy it; run 'down' first" in done.err
    assert standing.inventory() == before


@pytest.fixture
def boskos(cloud):
    """Boskos with one project, which the bake has to lease: its settings name none."""
    ranch = Ranch([Resource(name=cloud.project, type="gce-project")], SystemClock())
    with BoskosServer(ranch) as server:
        cloud.environment["BOSKOS_HOST"] = server.host
        yield server


def test_a_bake_in_a_leased_project_keeps_its_images_in_another(cloud, boskos):
    leased, images_project = cloud.project, new_project()
    nowhere = replace(cloud, project="")
    refused = nowhere.job("bake", check=False)
    done = nowhere.job("bake", bakedImageProject=images_project)

    assert refused.code == 2
    assert "images in a leased project would go with the lease" in refused.err
    assert f"released {leased}" in done.out
    assert cloud.inventory() == set()
    assert len(replace(cloud, project=images_project).inventory()) == len(ROLES)
    assert boskos.asked[-1].action == "release"


@pytest.mark.parametrize("moment", ["instances.insert", "images.insert"])
def test_a_bake_that_is_ended_leaves_no_node(cloud, moment):
    with start(cloud) as process:
        wait_for(cloud, moment, process)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 128 + signal.SIGTERM, output
    assert all(path.startswith("global/images/") for path in cloud.inventory()), output
    for role, found in images(cloud).items():
        assert all(image["status"] == "READY" for image in found), role
