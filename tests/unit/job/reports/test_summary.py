"""Summary: at most ten lines, with the answers to a person's first questions."""

import pytest

from job.cloud.engine.refusal import Refusal
from job.cloud.zones import Departure
from job.redaction.known import SECRETS
from job.reports import summary
from job.reports.summary import Failure

FULL = Refusal(message="x does not have enough resources available")
LACKING = Refusal(message="Machine type with name 'n' does not exist in zone 'b'.", status=400)
LEFT = [
    Departure(role="controller", zone="a", refusal=FULL),
    Departure(role="worker", zone="b", refusal=LACKING),
]


def test_a_good_run_tells_its_times(good_run):
    assert summary.passed(good_run.spans).splitlines() == [
        "PASSED in 1:15:00",
        "phases: preflight 0:12, up 1:48, tests 45:00",
        "controller: ready after 30:00",
        "second AZ: ready after 34:00",
    ]


def test_a_failed_node_is_named_with_stage_line_class_and_files(run, tmp_path):
    (tmp_path / "worker").mkdir()
    for name in ("worker/stack.sh.log", "job.log"):
        (tmp_path / name).touch()
    run.add("job", "up", 0, 2)
    run.add("job", "controller ready", 2, 12, "failed", "worker: …")
    run.add("job", "destroy", 12, 14)
    run.add("worker", "stack.sh", 3, 12, "failed", "no")
    failure = Failure(
        kind="infrastructure",
        error="stack.sh ended with 1: fatal: unable to access\n'https://…'",
        node="worker",
        stage="stack.sh",
    )

    assert summary.failed(failure, run.spans, tmp_path).splitlines() == [
        "FAILED in 'controller ready' after 14:00",
        "class: infrastructure outage (a second run may do better)",
        "node: worker, in 'stack.sh'",
        "error: stack.sh ended with 1: fatal: unable to access 'https://…'",
        "phases: up 2:00, controller ready 10:00, destroy 2:00",
        "second AZ: failed after 12:00 in 'stack.sh'",
        "read on in: worker/stack.sh.log, job.log",
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("capacity", "no room"),
        ("configuration", "end the same way"),
        ("test", "the cloud was ready"),
        ("interrupted", "a signal"),
        ("unknown", "does not say whether"),
    ],
)
def test_the_class_says_what_it_means(run, tmp_path, kind, words):
    text = summary.failed(Failure(kind=kind, error="no"), run.spans, tmp_path)

    assert f"class: {kind}" in text
    assert words in text


def test_ten_lines_are_enough_for_the_worst(run, tmp_path):
    for number in range(30):
        run.add("job", f"phase {number}", number, number + 1, "failed")
    run.add("controller", "stack.sh", 0, 10, "failed")
    run.add("worker", "stack.sh", 0, 10, "failed")
    failure = Failure(kind="test", error="x\n" * 1000, node="controller", stage="s" * 1000)
    (tmp_path / "job.log").touch()
    lines = summary.failed(failure, run.spans, tmp_path, LEFT * 9).splitlines()

    assert len(lines) <= 10
    assert max(map(len, lines)) <= 300


def test_a_node_that_was_not_done_is_not_called_ready(run):
    """The job may end before the worker is ready."""
    run.add("worker", "packages", 0, 1)
    run.add("worker", "stack.sh", 1, None)

    assert "second AZ: not ready; last in 'stack.sh'" in summary.passed(run.spans)


def test_a_worker_that_is_built_is_not_yet_the_second_zone(run):
    run.add("worker", "readiness", 0, 1)

    assert "second AZ: not ready; last in 'readiness'" in summary.passed(run.spans)


def test_the_first_phase_that_failed_is_the_one_that_counts(run, tmp_path):
    run.add("job", "tests", 0, 10, "interrupted")
    run.add("job", "destroy", 10, 12, "failed")
    text = summary.failed(Failure(kind="interrupted", error="no"), run.spans, tmp_path)

    assert text.startswith("FAILED in 'tests' after 12:00\n")


def test_each_zone_that_was_left_is_told_with_its_reason(good_run, tmp_path):
    """Also if the run passed, or failed for another reason."""
    line = (
        "zones: controller not in a, which has no room; worker not in b, which lacks it (Machine"
        " type with name 'n' does not exist in zone 'b')"
    )
    failure = Failure(kind="test", error="no")

    assert line in summary.passed(good_run.spans, LEFT).splitlines()
    assert line in summary.failed(failure, good_run.spans, tmp_path, LEFT).splitlines()


def test_a_refusal_fits_with_status_and_reason(run, tmp_path):
    """They come first, since the message may be longer than the line."""
    error = f"pulumi up: Google Cloud refuses x (412 conditionNotMet): {'long ' * 99}"
    text = summary.failed(Failure(kind="unknown", error=error), run.spans, tmp_path)

    assert "error: pulumi up: Google Cloud refuses x (412 conditionNotMet): long" in text


@pytest.mark.parametrize("before", [285, 295, 299])
def test_a_secret_that_a_cut_would_halve_is_masked_first(run, tmp_path, before):
    SECRETS.learn(["canary-0123456789"])
    error = f"{'x' * (before - len('error: '))}canary-0123456789"
    text = summary.failed(Failure(kind="test", error=error), run.spans, tmp_path)

    assert "can" not in text
