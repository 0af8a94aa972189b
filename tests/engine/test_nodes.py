"""Nodes: states and logs are read over ssh, the worker's through the controller."""

import json

import pytest

from job.reports import resources
from job.reports.timeline import Timeline
from localcloud.compute_api.faults import Fault
from localcloud.machines.node_status import Course, Stage
from tests.patience import PATIENCE_S

BUILD = (Stage(0, "packages"), Stage(0.5, "stack.sh", "Starting Keystone"))
ALL = ("--for", "all", "--timeout", str(PATIENCE_S))


@pytest.fixture
def boot(standing):
    """Start the nodes of a stack now, each with a given course; return the stack."""

    def begin(**courses):
        standing.boot_nodes(**courses)
        return standing

    return begin


def test_both_nodes_are_waited_for_and_give_their_logs(boot, tmp_path):
    """As on Google Cloud, only the controller has an external address."""
    cloud = boot(controller=Course(8, stages=BUILD), worker=Course(9, stages=BUILD))
    waited = cloud.job("wait", *ALL)

    lines = [line.strip().partition(" ")[2] for line in waited.out.splitlines()]
    assert {"controller: ready", "registration: ready"} <= set(lines)
    # The registration ends the wait, possibly before the worker's own verdict is printed.
    assert any(line.startswith("worker: ") for line in lines)
    assert "\x1b" not in waited.out
    cloud.job("logs", "--dir", str(tmp_path / "logs"))
    for role in ("controller", "worker"):
        state = json.loads((tmp_path / "logs" / role / "state.json").read_text())
        assert (state["node"], state["verdict"]) == (role, "ready")


def test_a_failed_worker_ends_the_wait_for_it_and_not_that_for_the_controller(boot):
    cloud = boot(worker=Course(0, error="stack.sh ended with 1: fatal: no"))
    waited = cloud.job("wait", *ALL, check=False)

    assert waited.code == 1
    [line] = waited.err.splitlines()
    assert line.startswith(
        "worker: failed in 'stack.sh' (configuration): stack.sh ended with 1: fatal: no; after 0:"
    )
    assert cloud.job("wait", "--for", "controller", "--timeout", str(PATIENCE_S)).code == 0


def test_of_a_node_that_hangs_the_console_is_kept_within_the_time(boot, tmp_path):
    """ssh connects but gets no answer, and the worker is behind the hung controller."""
    cloud = boot(controller=Course(silent_after_s=0.1))
    for instance in ("controller", "worker"):
        path = f"projects/{cloud.project}/zones/us-east4-a/instances/capo-e2e-test-{instance}"
        cloud.api.write_serial_output(path, f"{instance}: kernel panic\n")
    done = cloud.job("logs", "--dir", str(tmp_path), "--timeout", "20")

    for role in ("controller", "worker"):
        assert (tmp_path / role / "serial-console.log").read_text() == f"{role}: kernel panic\n"
        assert "no logs over ssh: silent;" in (tmp_path / role / "unreachable.txt").read_text()
    assert done.code == 0


def test_the_engines_log_tells_when_each_resource_was_made(running, tmp_path):
    _, up = running
    timeline = Timeline()
    # The stack's folder holds the log of the last command only, which need not be `up`.
    log = tmp_path / "up.jsonl"
    log.write_text("".join(f"{json.dumps(event)}\n" for event in up.events))
    resources.add_to(timeline, log)

    spans = {span.name: span for span in timeline.spans}
    assert {"network (Network)", "controller (Instance)", "worker (Instance)"} <= spans.keys()
    assert {span.verdict for span in spans.values()} == {"passed"}
    assert spans["network (Network)"].ended <= spans["controller (Instance)"].began


def test_the_engines_log_tells_why_a_resource_was_not_made(cloud):
    fault = Fault(method="networks.insert", kind="error", status=403, reason="forbidden")
    cloud.api.add_fault(fault)
    assert cloud.job("up", check=False).code == 1
    timeline = Timeline()
    [log] = cloud.staged.glob("events/up-*.jsonl")
    resources.add_to(timeline, log)

    [failed] = [span for span in timeline.spans if span.verdict == "failed"]
    assert failed.name == "network (Network)"
    assert "403" in failed.note
    assert "%" not in failed.note
