"""Nodes: which events end a job, and which are only reported."""

from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest

from host.errors import JobError
from job.nodes.status import State
from job.run.phases import watched_nodes as module
from job.run.phases.watched_nodes import (
    Images,
    NodeError,
    Nodes,
    SilentError,
    UnfitImageError,
)


@pytest.fixture
def told():
    """The states that the nodes report, by subject; a test may change them."""
    return {}


@pytest.fixture
def from_images():
    """The images that nodes started from, by role; a test may change them."""
    return {}


@pytest.fixture
def watched(monkeypatch, ending, told, from_images):
    """Watched nodes that report the states in `told`."""
    watch = SimpleNamespace(poll=lambda: told, close=lambda: None)
    monkeypatch.setattr(module, "Watch", lambda *_: watch)
    monkeypatch.setattr(module, "_POLL_S", 0.01)
    log = SimpleNamespace(say=print, show=lambda *_: None)
    job = SimpleNamespace(silence_s=600)
    context = SimpleNamespace(ending=ending, log=log, timeline=None, began=0.0, job=job)
    images = Images(paths=from_images, timeout_s=1.0)
    with closing(Nodes(context, {}, images)) as nodes:
        yield nodes


FAILED = State(subject="worker", verdict="failed", stage="stack.sh", error="no such branch")
SILENT = State(subject="worker", trouble="silent", silent_s=601.0)
READY = State(subject="controller", verdict="ready")


def test_a_failed_worker_ends_the_wait_for_the_controller(watched, told):
    told["worker"] = FAILED
    with pytest.raises(NodeError, match=r"worker: failed in 'stack\.sh'"):
        watched.wait_for_controller(10)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("configuration", "configuration"),
        ("infrastructure", "infrastructure"),
        # A reboot interrupted it; a new instance may succeed.
        ("interrupted", "infrastructure"),
        ("", "unknown"),
    ],
)
def test_a_failed_node_decides_the_class_if_it_says_one(said, kind):
    """A node of another version may report no class."""
    assert NodeError(replace(FAILED, error_class=said)).kind == kind


def test_a_node_that_is_silent_for_long_ends_it(watched, told):
    told["worker"] = SILENT
    with pytest.raises(SilentError, match=r"worker: no answer over ssh for 601 s") as caught:
        watched.wait_for_controller(10)

    assert caught.value.role == "worker"


def test_of_a_worker_behind_a_silent_controller_nothing_is_known(watched, told):
    told["worker"] = SILENT
    told["controller"] = replace(SILENT, subject="controller", silent_s=599.0)
    with pytest.raises(JobError, match="not ready after 0 s"):
        watched.wait_for_controller(0.3)
    told["controller"] = replace(SILENT, subject="controller")
    with pytest.raises(SilentError, match="controller: no answer"):
        watched.wait_for_controller(10)


@pytest.mark.parametrize(
    ("subject", "role"),
    [("controller", "controller"), ("worker", "worker"), ("registration", "worker")],
)
def test_a_failed_node_from_an_image_is_the_images_fault(watched, told, from_images, subject, role):
    from_images[role] = "projects/p/global/images/baked"
    told[subject] = replace(FAILED, subject=subject)
    with pytest.raises(UnfitImageError, match="images/baked is of no use: failed in") as caught:
        watched.wait_for_controller(10)

    assert caught.value.role == role


@pytest.mark.usefixtures("watched")
def test_a_failed_node_that_was_built_is_not(told, from_images, ending):
    from_images["controller"] = "projects/p/global/images/baked"
    told["controller"] = READY
    told["worker"] = FAILED
    with pytest.raises(NodeError):
        ending.wait(10)


def test_a_node_from_an_image_has_little_time(watched, told, from_images):
    from_images["controller"] = "projects/p/global/images/baked"
    told["controller"] = State(subject="controller", stage="unseal: databases")
    with pytest.raises(UnfitImageError, match="not ready after 1 s: unseal: databases"):
        watched.wait_for_controller(10)


def test_a_worker_from_an_image_may_wait_for_a_controller_that_is_built(
    watched, told, from_images, ending
):
    from_images["worker"] = "projects/p/global/images/baked"
    told["controller"] = State(subject="controller", stage="stack.sh")
    told["worker"] = State(subject="worker", stage="controller")
    with pytest.raises(JobError, match=r"controller: not ready after 2 s: stack\.sh"):
        watched.wait_for_controller(2)
    told["controller"] = READY
    with pytest.raises(UnfitImageError, match=r"worker: image .* not ready after 1 s: controller"):
        ending.wait(10)


def test_once_the_tests_run_nothing_ends_them(watched, told, ending, eventually):
    told["controller"] = READY
    watched.wait_for_controller(10)
    watched.tests_begin()
    told["worker"] = FAILED
    eventually(lambda: watched.failures == [FAILED])

    ending.check()


def test_a_watch_that_breaks_ends_the_job(watched, told):
    told["worker"] = None
    with pytest.raises(JobError, match="cannot be watched"):
        watched.wait_for_controller(10)
