"""Faults: whatever fails, and whenever, the job reports the cause and leaves no resources."""

import os
import shutil
import signal
import stat

import pytest

from localcloud.machines.node_status import Course
from tests.job.prow import WORKER, require_no_secret, zones
from tests.patience import FOREVER_S

SLOW = Course(verdict_after_s=FOREVER_S)
# Long enough for a healthy node to answer on a busy machine.
SILENCE_S = "30"


def nothing_is_left(prow, ended):
    """Assert that the cloud is empty, the lease was released once, and no secret was printed."""
    assert "a defect of its own" not in ended.output
    assert prow.inventory() == set(), ended.output
    assert prow.releases == ["dirty"], ended.output
    require_no_secret(ended, prow.secrets)


# --- before anything costs money ---


def test_a_refused_environment_leases_nothing(prow):
    ended = prow.run(RESOURCE_TYPE="openstack", SKIP_INIT_INFRA="true")

    assert ended.code == 2
    assert "RESOURCE_TYPE: 'openstack' is not supported" in ended.output
    assert "SKIP_INIT_INFRA: no network to build in" in ended.output
    assert prow.boskos.asked == []


def test_a_missing_branch_leases_nothing(prow):
    ended = prow.run(DEVSTACK_SET_octaviaRef="stable/2020.1")

    assert ended.code == 2
    assert "stable/2020.1" in ended.output
    assert prow.boskos.asked == []
    assert ended.spans() == {"preflight": "failed"}


def test_a_flavor_that_the_cloud_will_not_have_leases_nothing(prow):
    ended = prow.run(OPENSTACK_NODE_MACHINE_FLAVOR="no-such-flavor")

    assert ended.code == 2
    assert "OPENSTACK_NODE_MACHINE_FLAVOR: the cloud will have no flavor" in ended.output
    assert prow.boskos.asked == []


def test_a_checkout_without_a_target_leases_nothing(prow):
    """Otherwise make would fail only after the image and the cloud were built."""
    makefile = prow.folder / "capo" / "Makefile"
    makefile.write_text(makefile.read_text().replace("build-e2e-tests:", "other:"))
    ended = prow.run()

    assert ended.code == 2
    assert f"{makefile} makes no 'build-e2e-tests', which the job calls" in ended.output
    assert prow.boskos.asked == []
    assert prow.targets == []


def test_without_a_free_project_it_gives_up_after_its_wait(prow):
    prow.boskos.ranch.put("leased-one", state="busy", owner="somebody")
    ended = prow.run(DEVSTACK_BOSKOS_WAIT_S="0")

    assert ended.code == os.EX_TEMPFAIL
    assert prow.operations("instances.insert") == []


def test_a_type_that_boskos_lacks_ends_the_job_before_anything_is_paid(prow):
    prow.boskos.ranch.remove("leased-one")
    ended = prow.run()

    assert ended.code == 2
    assert "has no resources of type 'gce-project'" in ended.output
    assert prow.operations("instances.insert") == []
    assert ended.spans() == {"preflight": "passed", "boskos": "failed"}


def test_without_boskos_it_says_so(prow):
    prow.boskos.stop()
    ended = prow.run(DEVSTACK_BOSKOS_WAIT_S="0")

    assert ended.code == os.EX_UNAVAILABLE


def test_a_signal_ends_the_wait_for_a_project(prow):
    prow.boskos.ranch.put("leased-one", state="busy", owner="somebody")
    job = prow.start()
    prow.wait_for(lambda: prow.boskos.asked, job)
    job.send_signal(signal.SIGTERM)
    ended = prow.end(job)

    assert ended.code == 128 + signal.SIGTERM
    assert prow.operations("instances.insert") == []


def test_too_small_a_quota_creates_nothing(prow):
    prow.api.set_quota(prow.project, "N2_CPUS", 20, "us-east4")
    ended = prow.run()

    assert ended.code == 2
    assert "N2_CPUS" in ended.output
    assert prow.operations("instances.insert") == []
    nothing_is_left(prow, ended)


# --- while the cloud is built ---


def test_prerequisites_that_fail_end_the_wait_at_once(prow):
    prow.nodes.courses["controller"] = SLOW
    ended = prow.run(STANDIN_FAIL="e2e-image")

    assert ended.code == 1
    assert (
        "prerequisites: 'make e2e-image e2e-prerequisites build-e2e-tests' failed" in ended.output
    )
    assert "suite: e2e-image failed" in ended.read("prerequisites.log")
    assert "test-e2e" not in prow.targets
    nothing_is_left(prow, ended)


def test_an_upload_that_is_cut_off_is_tried_again(prow):
    once = prow.folder / "once"
    prow.tool(
        "ssh",
        'case "$*" in *devstack-image-receive)',
        f"  [ -e '{once}' ] || {{ touch '{once}'; echo 'Broken pipe' >&2; exit 255; }} ;;",
        "esac",
        f'exec {shutil.which("ssh")} "$@"',
    )
    ended = prow.run()

    assert ended.code == 0
    assert "upload: Broken pipe; trying again" in ended.output
    nothing_is_left(prow, ended)


def test_a_tunnel_program_that_refuses_its_options_ends_the_job_at_once(prow):
    prow.nodes.courses["controller"] = SLOW
    prow.tool(
        "sshuttle",
        '[ "$1" != --version ] || { echo 9.0; exit; }',
        "echo 'sshuttle: error: unrecognized arguments: --remote' >&2; exit 2",
    )
    for name in ("iptables", "iptables-restore"):
        prow.tool(name, "exit 0")
    ended = prow.run(DEVSTACK_TUNNEL="sshuttle")

    assert ended.code == 1
    assert "sshuttle: it refuses its options (exit 2)" in ended.output
    assert "unrecognized arguments" in ended.read("tunnel/tunnel.log")
    nothing_is_left(prow, ended)


@pytest.mark.parametrize("role", ["controller", "worker"])
def test_a_failed_node_ends_the_job_before_the_tests(prow, role):
    prow.nodes.courses["controller"] = SLOW
    prow.nodes.courses[role] = Course(verdict_after_s=2, error="no such branch")
    ended = prow.run()

    assert ended.code == 1
    assert f"{role}: failed in 'stack.sh' (configuration): no such branch" in ended.output
    assert "test-e2e" not in prow.targets
    nothing_is_left(prow, ended)


def test_a_controller_that_is_never_ready_ends_the_job(prow):
    prow.nodes.courses["controller"] = SLOW
    ended = prow.run(DEVSTACK_SET_readyTimeoutS="3")

    assert ended.code == 1
    assert "controller: not ready after 3 s" in ended.output
    assert "test-e2e" not in prow.targets
    nothing_is_left(prow, ended)


def test_a_lost_lease_stops_everything_and_touches_nothing(prow):
    """Another job may use the project by then, with resources of the same names."""
    prow.nodes.courses["controller"] = SLOW
    job = prow.start(DEVSTACK_BOSKOS_HEARTBEAT_S="1")
    prow.wait_for(lambda: len(prow.operations("instances.insert")) == 2, job)
    prow.boskos.ranch.reset("gce-project", "busy", 0, "dirty")
    ended = prow.end(job)

    assert ended.code == os.EX_NOPERM
    assert "the lease was lost" in ended.output
    assert prow.deletions() == []
    assert prow.releases == []


# --- while the tests run ---


def test_tests_that_fail_are_the_jobs_failure(prow):
    ended = prow.run(STANDIN_FAIL="test-e2e")

    assert ended.code == 1
    assert "tests: 'make test-e2e' failed" in ended.output
    assert ended.spans("tests") == {"make test-e2e": "failed"}
    nothing_is_left(prow, ended)


def test_a_worker_that_fails_during_the_tests_is_named_and_the_tests_go_on(prow):
    prow.nodes.courses["worker"] = SLOW
    prow.site.pages["/zones"] = zones("testaz1")
    job = prow.start()
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    prow.nodes.fare(WORKER, Course(error="disk full"))
    prow.wait_for(lambda: "worker: failed in" in prow.log(), job)
    prow.site.pages["/zones"] = zones("testaz1", "testaz2")
    ended = prow.end(job)

    assert ended.code == 0
    assert "worker: failed in 'stack.sh' (configuration): disk full" in ended.output
    nothing_is_left(prow, ended)


def test_a_signal_during_the_tests_ends_them_and_the_cloud(prow):
    job = prow.start(STANDIN_HANG="test-e2e")
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    job.send_signal(signal.SIGINT)
    ended = prow.end(job)

    assert ended.code == 128 + signal.SIGINT
    assert ended.spans("tests") == {"make test-e2e": "interrupted"}
    nothing_is_left(prow, ended)


def test_the_jobs_own_deadline_leaves_time_to_clean_up(prow):
    ended = prow.run(STANDIN_HANG="test-e2e", DEVSTACK_DEADLINE_S="60")

    assert ended.code == 1
    assert "job: not done after 60 s" in ended.output
    nothing_is_left(prow, ended)


# --- during the teardown ---


def test_more_signals_do_not_stop_the_teardown(prow):
    """Prow sends a signal to the wrapper, and the wrapper sends another one."""
    prow.api.set_latency({"instances.delete": 3.0})
    job = prow.start(STANDIN_HANG="test-e2e")
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    job.send_signal(signal.SIGTERM)
    prow.wait_for(lambda: prow.operations("instances.delete"), job)
    for number in (signal.SIGTERM, signal.SIGINT):
        job.send_signal(number)
    ended = prow.end(job)

    assert ended.code == 128 + signal.SIGTERM
    nothing_is_left(prow, ended)


def test_what_a_killed_job_left_is_removed_by_the_next(prow):
    """The next job runs in another pod, with another name and without the first one's state."""
    job = prow.start(STANDIN_HANG="test-e2e")
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    prow.kill(job)
    assert prow.inventory() != set()
    prow.boskos.ranch.reset("gce-project", "busy", 0, "free")
    ended = prow.run(BUILD_ID="2", DEVSTACK_STATE_DIR=str(prow.folder / "another pod"))

    assert ended.code == 0
    assert "leftover: projects/leased-one/zones/us-east4-a/instances/capo-e2e-e2e-1" in ended.output
    nothing_is_left(prow, ended)


# --- files that a job leaves alone, and clouds that it keeps ---


def test_no_cloud_of_the_users_own_is_written_over(prow):
    """The job's clouds.yaml is a private file in its state folder; the suite gets its path."""
    mine = prow.folder / "capo" / "clouds.yaml"
    mine.write_text("clouds: {}\n")
    job = prow.start(STANDIN_HANG="test-e2e")
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    [written] = (prow.folder / "state").rglob("clouds.yaml")
    mode = stat.S_IMODE(written.stat().st_mode)
    job.terminate()
    prow.end(job)

    assert mode == 0o600
    assert mine.read_text() == "clouds: {}\n"
    assert not written.exists()


def test_a_failed_cloud_can_be_kept_for_a_while(prow):
    given = {"BOSKOS_HOST": "", "GCP_PROJECT": prow.project}
    ended = prow.run(STANDIN_FAIL="test-e2e", DEVSTACK_KEEP_ON_FAILURE_S="3600", **given)

    assert ended.code == 1
    assert "keep: stack e2e-1 stays for 3600 s" in ended.output
    assert {path for path in prow.inventory() if "/instances/" in path} != set()
    assert prow.job("down", "--stack", "e2e-1").returncode == 0
    assert prow.inventory() == set()
