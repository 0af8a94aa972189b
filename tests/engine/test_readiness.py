"""Readiness: `up` waits until the nodes report ready, and fails with the reason they report."""

import pytest

from localcloud.machines.node_status import Course
from tests.patience import PATIENCE_S

OPEN = {"sshSourceRanges": ["192.0.2.0/24"]}


@pytest.fixture
def course(simulated_nodes):
    """Set the course of the nodes that start from now on."""

    def choose(**courses):
        simulated_nodes.courses = courses

    yield choose
    simulated_nodes.courses = {}


def test_up_waits_for_both_nodes_once(cloud, course):
    course(controller=Course(verdict_after_s=1), worker=Course(verdict_after_s=2))
    settings = {"waitFor": "all", "readyTimeoutS": PATIENCE_S, **OPEN}
    done = cloud.job("up", **settings)

    assert done.changes().items() >= {
        ("controller-ready", "create"),
        ("worker-ready", "create"),
    }
    assert cloud.job("up", **settings).changes() == {}


def test_up_fails_with_the_nodes_reason_and_can_be_undone(cloud, course):
    """Teardown works although the nodes do not answer."""
    course(controller=Course(error="stack.sh ended with 3"))
    done = cloud.job("up", check=False, waitFor="controller", readyTimeoutS=PATIENCE_S, **OPEN)

    assert done.code == 1
    assert "stack.sh ended with 3" in done.out + done.err
    cloud.job("down")
    assert cloud.inventory() == set()


def test_a_failed_worker_fails_up_although_the_controller_is_ready(cloud, course):
    course(worker=Course(error="no /dev/kvm"))
    done = cloud.job("up", check=False, waitFor="all", readyTimeoutS=PATIENCE_S, **OPEN)

    assert done.code == 1
    assert "no /dev/kvm" in done.out + done.err


def test_a_node_that_is_never_ready_ends_the_wait(cloud, course):
    course(controller=Course(verdict_after_s=3600))
    done = cloud.job("up", check=False, waitFor="controller", readyTimeoutS=2, **OPEN)

    assert done.code == 1
    assert "pending" in done.out + done.err
