"""Failures: how nodes report their own failures and each other's."""

from tests.boot import package_service


def test_a_worker_that_never_comes_fails_the_registration_alone(make_site):
    """The first AZ works without the worker."""
    site = make_site(nodeDeadlineS="90")
    site.controller.start()

    node, worker = site.wait(site.controller), site.wait(site.controller, "worker")

    assert node.state["verdict"] == "ready", node
    assert worker.state["verdict"] == "failed"
    late = "worker was not registered within 90 s"
    assert worker.state["error"].startswith(late)


def test_a_failed_stack_sh_is_told_with_its_first_failing_line_on_both_nodes(make_site):
    """The worker fails at once; it does not wait for its own deadline."""
    line = "ERROR: no such thing as cinder-scheduler"
    site = make_site({"FAIL_PHASE": "Initializing Cinder", "FAIL_LINE": line})
    site.controller.start()
    site.worker.start()

    controller, worker = site.wait(site.controller), site.wait(site.worker)
    registration = site.wait(site.controller, "worker")

    assert controller.state["verdict"] == "failed"
    assert controller.state["stage"] == "stack.sh"
    assert controller.state["error"] == f"stack.sh ended with 1: {line}"
    assert "the controller failed: stack.sh ended with 1" in worker.state["error"]
    assert registration.state["error"] == f"controller: {controller.state['error']}"
    assert "status: error" in site.ssh(site.controller, "cloud-init status --wait").stdout


def test_a_worker_that_is_first_waits_without_failing(make_site):
    """It builds the part that needs no controller, then waits until one answers."""
    site = make_site()
    site.worker.start()
    site.wait_for(site.worker, "waiting for the controller: ")
    waiting = site.wait(site.worker, timeout_s=3)
    site.controller.start()

    worker, registration = site.wait(site.worker), site.wait(site.controller, "worker")

    assert waiting.state["stage"].startswith("waiting for the controller: "), waiting
    assert worker.state["verdict"] == "ready", worker
    assert registration.state["verdict"] == "ready", registration


def test_a_stack_sh_that_hangs_ends_at_the_deadline(make_site):
    site = make_site({"HANG_PHASE": "Starting Keystone"}, nodeDeadlineS="15", worker="false")
    site.controller.start()

    controller = site.wait(site.controller)

    error = controller.state["error"]
    assert error == "stack.sh did not end within 15 s: Starting Keystone"
    assert site.ssh(site.controller, "pgrep --full devstack/stack.sh").stdout == ""


def test_a_stack_sh_that_is_killed_is_told_with_the_signal_and_its_last_line(make_site):
    """The out-of-memory killer sends SIGKILL; our own time limit has the same exit status."""
    site = make_site({"KILL_PHASE": "Starting Keystone"}, worker="false")
    site.controller.start()

    error = site.wait(site.controller).state["error"]

    assert error.startswith("stack.sh was killed by SIGKILL after "), error
    assert error.endswith(": Starting Keystone")


def test_a_worker_with_a_server_already_fails_the_registration_at_once(make_site):
    """Nova moves no host with servers to another AZ, so waiting for the deadline is useless."""
    site = make_site({"OCCUPIED": "worker"}, nodeDeadlineS="600")
    site.controller.start()
    site.worker.start()

    worker = site.wait(site.controller, "worker")

    assert worker.state["verdict"] == "failed", worker
    refused = "refused: Nova does not put worker into AZ testaz2: "
    assert f"{worker.state['stage']}: {worker.state['error']}".startswith(refused)
    assert "already has 1 instance(s)" in worker.state["error"]


def test_a_stack_sh_that_succeeds_without_a_service_is_a_failure_that_names_it(make_site):
    """The exit status of stack.sh does not cover all services that the E2E tests need."""
    site = make_site({"MISSING": "c-sch"}, worker="false", readinessDeadlineS="60")
    site.controller.start()

    state = site.wait(site.controller).state

    assert (state["verdict"], state["stage"]) == ("failed", "readiness"), state
    assert state["class"] == "configuration"
    reason = "[ERROR] not ready after 60 s: cinder-scheduler is not up"
    assert state["error"] == f"readiness ended with 1: {reason}"
    assert reason in state["log_tail"][-1]


def test_a_held_package_lock_and_a_git_service_that_refuses_and_stalls_only_delay(make_site, tree):
    """cloud-init gives up on the lock after half a minute; git would hang until the job ends."""
    site = make_site(worker="false", gitTimeoutS="30")
    site.git.refusals, site.git.stalls = 2, 1
    package_service.publish(tree, site.git.files)
    package_service.withhold(site.controller, site.settings.git_base)
    with package_service.locked(site.controller):
        site.controller.start()
        # At this stage cloud-init has tried to install the package and has given up.
        site.wait_for(site.controller, '"packages"')
        assert site.ssh(site.controller, "command -v git").returncode != 0

    assert site.wait(site.controller).state["verdict"] == "ready"
    assert (site.git.refusals, site.git.stalls) == (0, 0)
    assert "git" in site.run(site.controller, "dpkg-query --show git")
    assert site.wait(site.controller).state["cloud_init"] != []
