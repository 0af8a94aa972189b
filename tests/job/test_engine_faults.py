"""Engine faults: faults of the engine or the cloud, and the job's reaction.

With the real engine, since its exit status, its output and its remaining state matter here.
"""

import signal
from dataclasses import replace

import pytest

from localcloud.compute_api.faults import Fault
from localcloud.compute_api.offers import Lack
from localcloud.machines.node_status import Course
from tests.job.prow import CONTROLLER, WORKER
from tests.job.surroundings import surroundings
from tests.job.test_faults import SLOW, nothing_is_left

# Long enough for a healthy node to answer on a busy machine.
SILENCE_S = "30"


@pytest.fixture
def engine(real_engine):
    return real_engine


# --- faults that a job recovers from ---


def test_a_node_that_fails_from_its_image_is_built(prow):
    image = "ubuntu-os-cloud/ubuntu-2204-jammy-v20260115"
    prow.settings |= {"controllerBakedImage": image}
    prow.nodes.courses["controller"] = Course(error="unseal: no database")
    # Called after the nodes' own: the next controller fares better.
    prow.api.on_instance_running(lambda _: prow.nodes.courses.clear())
    ended = prow.run()

    assert ended.code == 0, ended.output
    assert "controller from projects/ubuntu-os-cloud/global/images/ubuntu-2204" in ended.output
    assert "is of no use: failed in 'stack.sh'" in ended.output
    assert (
        "replacing controller and worker; controller starts from no image this time" in ended.output
    )
    # Each line says where the nodes are, and from which images.
    assert ended.output.count("cloud: controller in") == 2
    assert ended.output.count("controller from projects/") == 1
    summary = ended.read("summary.txt")
    assert "controller: ready after" in summary
    assert "replace controller and worker, image ubuntu-2204-jammy-v20260115 " in summary
    nothing_is_left(prow, ended)


@pytest.fixture(scope="module")
def mended(tmp_path_factory, real_engine, sources, cache):
    """A job that passed in spite of three faults, each in a phase of its own."""
    folder = tmp_path_factory.mktemp("mended")
    with surroundings(folder, real_engine, sources, cache) as prow:
        prow.api.withdraw(Lack(zone="us-east4-a", name="n2-standard-8"))
        prow.api.add_fault(Fault(method="subnetworks.delete", kind="error", status=400, times=2))
        prow.nodes.courses |= {"controller": SLOW, "worker": SLOW}
        job = prow.start(DEVSTACK_SILENCE_S=SILENCE_S)
        prow.wait_for(lambda: "worker: stack.sh" in prow.log(), job)
        prow.nodes.courses["worker"] = Course()
        prow.nodes.silence(WORKER)
        prow.wait_for(lambda: "replacing worker" in prow.log(), job)
        prow.nodes.fare(CONTROLLER, Course())
        return prow, prow.end(job)


@pytest.mark.xdist_group("mended")
def test_a_zone_that_lacks_a_machine_type_is_in_the_summary(mended):
    """The summary mentions it although the job passed."""
    _, ended = mended

    assert ended.code == 0, ended.output
    assert (
        "zones: worker not in us-east4-a, which lacks it (Machine type with name 'n2-standard-8'"
        " does not exist in zone 'us-east4-a')"
    ) in ended.read("summary.txt").splitlines()


@pytest.mark.xdist_group("mended")
def test_a_worker_that_falls_silent_is_replaced(mended):
    prow, ended = mended

    assert "(silent); replacing worker" in ended.output
    assert ended.spans()["replace worker"] == "passed"
    assert len(prow.operations("instances.insert")) == 3


@pytest.mark.xdist_group("mended")
def test_a_fault_while_destroying_is_tried_again(mended):
    prow, ended = mended

    assert prow.api.remaining_faults() == []
    assert ended.code == 0
    nothing_is_left(prow, ended)


# --- faults that end a job ---


def test_a_controller_that_falls_silent_is_replaced_with_its_worker_but_not_for_ever(prow):
    silent = replace(SLOW, silent_after_s=0)
    prow.nodes.courses |= {"controller": silent, "worker": SLOW}
    ended = prow.run(DEVSTACK_SILENCE_S=SILENCE_S)

    assert ended.code == 1
    assert "(silent); replacing controller and worker" in ended.output
    assert "test-e2e" not in prow.targets
    assert len(prow.operations("instances.insert")) == 4
    nothing_is_left(prow, ended)


@pytest.mark.parametrize(
    ("number", "method"),
    [(signal.SIGINT, "networks.insert"), (signal.SIGTERM, "instances.insert")],
    ids=["early in up", "late in up"],
)
def test_a_signal_during_up_takes_everything_down(prow, number, method):
    prow.api.set_latency({"networks.insert": 10.0, "instances.insert": 10.0})
    job = prow.start()
    prow.wait_for(lambda: prow.operations(method), job)
    job.send_signal(number)
    ended = prow.end(job)

    assert ended.code == 128 + number
    assert ended.spans()["up"] == "interrupted"
    nothing_is_left(prow, ended)


def test_an_engine_that_is_killed_is_cleaned_up_after(prow):
    prow.api.set_latency({"instances.insert": 10.0})
    job = prow.start()
    prow.wait_for(lambda: prow.operations("instances.insert"), job)
    prow.kill_engine(job)
    ended = prow.end(job)

    assert ended.code == 1
    assert "it was killed (SIGKILL)" in ended.output
    nothing_is_left(prow, ended)


def test_a_create_that_is_refused_is_explained(prow):
    prow.api.deny("instances.insert")
    ended = prow.run()

    assert ended.code == 1
    assert "the account lacks compute.instances.insert on projects/leased-one" in ended.output
    nothing_is_left(prow, ended)


@pytest.mark.parametrize(
    ("reason", "message", "kind"),
    [
        (
            "conditionNotMet",
            "Constraint constraints/compute.vmExternalIpAccess violated for project 12345.",
            "configuration",
        ),
        ("someNewReason", "Nobody has seen this before.", "unknown"),
    ],
)
def test_a_refusal_reaches_the_reports_in_google_clouds_words(prow, reason, message, kind):
    """Neither a known nor an unknown refusal is reported as an outage."""
    fault = {"kind": "error", "status": 412, "reason": reason, "message": message}
    prow.api.add_fault(Fault(method="instances.insert", times=2, **fault))
    ended = prow.run()
    summary = ended.read("summary.txt").splitlines()

    assert ended.code == 1
    assert summary[1].startswith(f"class: {kind} (")
    assert summary[2].startswith("error: pulumi up: Google Cloud refuses ")
    for text in (summary[2], ended.read("junit.job.xml")):
        assert f"(412 {reason}): {message.rstrip('.')}" in text
    nothing_is_left(prow, ended)


def test_what_cannot_be_destroyed_is_named_and_the_project_given_back(prow):
    prow.api.deny("networks.delete")
    ended = prow.run(DEVSTACK_TEARDOWN_BUDGET_S="60", DEVSTACK_LOGS_CAP_S="10")

    assert ended.code == 1
    assert "left over: projects/leased-one/global/networks/capo-e2e-e2e-1" in ended.output
    assert prow.releases == ["dirty"]
