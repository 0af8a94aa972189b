"""Reboot: finished nodes recover; half-built nodes fail, and the other node reports it."""

CONTROLLER_RULES = (
    "sudo iptables --table nat --check POSTROUTING -o eth0 -s 172.24.4.0/24 -j MASQUERADE"
    " && sudo iptables --check FORWARD -i eth0 -j ACCEPT"
    " && ip -4 address show dev br-ex up | grep --quiet 172.24.4.1/24"
    " && test $(sudo iptables --table nat --list-rules POSTROUTING | grep --count MASQUERADE) = 1"
)
RUNS_OF_STACK_SH = "sudo ls /opt/stack/logs/ | grep --count 'log[.][0-9-]*$'"
CLOSED_EARLY = ("/opt/stack/logs/stack.sh.log", "/etc/openstack/clouds.yaml")


def assert_interrupted(site, machine, stage: str) -> None:
    """Assert that the node failed as interrupted in that stage and did not resume it."""
    answer = site.wait(machine)
    assert (answer.state["verdict"], answer.state["class"]) == ("failed", "interrupted"), answer
    assert answer.state["error"].startswith(f"rebooted during '{stage}"), answer
    assert answer.state["error"].endswith("; replace the instance")


def test_finished_nodes_are_ready_again(make_site):
    """The controller reboots in an orderly way; meanwhile the worker loses its power."""
    site = make_site()
    site.controller.start()
    site.worker.start()
    assert site.wait(site.worker).code == 0
    assert site.wait(site.controller, "worker").code == 0
    assert site.wait(site.controller).code == 0
    site.run(site.controller, CONTROLLER_RULES)
    before = site.wait(site.controller).state["boot_id"]

    site.worker.cut_power()
    site.reboot(site.controller)
    site.worker.start()

    again = site.wait(site.controller)
    assert again.state["verdict"] == "ready", again
    assert again.state["boot_id"] != before
    site.run(site.controller, CONTROLLER_RULES)
    for answer in (site.wait(site.worker), site.wait(site.controller, "worker")):
        assert answer.state["verdict"] == "ready", answer
    assert site.run(site.controller, "sudo cat /proc/net/udp | grep --count :15B3") == "1\n"


def test_nodes_that_lost_power_before_stack_sh_do_not_build_on(make_site):
    """Replacing the instance costs only seconds more than resuming, whatever was done so far."""
    site = make_site()
    site.git.stalls = 1000
    site.controller.start()
    site.worker.start()
    for machine in (site.controller, site.worker):
        site.wait_for(machine, "clone of devstack")

    site.lose_power(site.controller, site.worker)

    asked = len(site.git.requests)
    for machine in (site.controller, site.worker):
        assert_interrupted(site, machine, "clone of devstack")
    assert len(site.git.requests) == asked
    assert site.wait(site.controller, "worker").state["class"] == "interrupted"


def test_a_controller_that_lost_power_in_stack_sh_is_not_built_on_and_the_worker_gives_up(
    make_site,
):
    """DevStack cannot resume. Its log and clouds.yaml stay unreadable for others all the time."""
    site = make_site({"HANG_PHASE": "Configuring Neutron"})
    site.controller.start()
    site.worker.start()
    site.wait_for(site.controller, "Configuring Neutron")
    site.wait_for(site.worker, "waiting for the controller")
    for path in CLOSED_EARLY:
        site.run(site.controller, f"sudo test -r {path} && ! sudo --user=nobody test -r {path}")

    site.lose_power(site.controller)

    assert_interrupted(site, site.controller, "stack.sh")
    assert site.run(site.controller, RUNS_OF_STACK_SH) == "1\n"
    worker = site.wait(site.worker)
    assert worker.state["verdict"] == "failed", worker
    assert "the controller failed: rebooted during 'stack.sh'" in worker.state["error"]


def test_a_controller_that_lost_power_in_post_configuration_is_not_built_on(make_site):
    site = make_site({"HANG_WORDS": "quota set"}, worker="false")
    site.controller.start()
    site.wait_for(site.controller, "post configuration")

    site.lose_power(site.controller)

    assert_interrupted(site, site.controller, "post configuration")


def test_a_worker_that_lost_power_while_it_waited_is_a_registration_that_failed(make_site):
    """The first AZ works without the worker."""
    site = make_site()
    site.worker.start()
    site.wait_for(site.worker, "waiting for the controller")

    site.lose_power(site.worker)
    site.controller.start()

    assert_interrupted(site, site.worker, "waiting for the controller: ")
    registration = site.wait(site.controller, "worker")
    assert registration.state["class"] == "interrupted", registration
    assert registration.state["error"].startswith("worker: rebooted during 'waiting for")
    assert site.wait(site.controller).state["verdict"] == "ready"


def test_a_worker_that_lost_power_with_its_services_up_is_a_registration_that_failed(make_site):
    """Nova reports it up and in its AZ, but nobody knows which steps are missing."""
    site = make_site({"HANG_PHASE": "Finishing"})
    site.controller.start()
    site.worker.start()
    site.wait_for(site.worker, "Finishing")
    site.wait_for(site.controller, "is not ready: stack.sh", "worker")

    site.lose_power(site.worker)

    assert_interrupted(site, site.worker, "stack.sh")
    assert site.run(site.worker, RUNS_OF_STACK_SH) == "1\n"
    registration = site.wait(site.controller, "worker")
    assert registration.state["error"].startswith("worker: rebooted during 'stack.sh'")


def test_a_worker_that_comes_after_a_reboot_of_the_controller_is_registered_and_watched(make_site):
    """The registration's timer survives a reboot, and goes on watching a registered worker."""
    site = make_site()
    # The timer's usual interval is a minute, too long for a test.
    timer = site.controller.root / "etc/systemd/system/devstack-register-worker.timer.d"
    timer.mkdir(parents=True)
    (timer / "test.conf").write_text("[Timer]\nOnUnitInactiveSec=2\nAccuracySec=1\n")
    site.controller.start()
    assert site.wait(site.controller).code == 0
    site.reboot(site.controller)
    assert site.wait(site.controller).code == 0
    site.worker.start()
    assert site.wait(site.controller, "worker").code == 0

    site.run(site.worker, "sudo systemctl kill --signal=KILL devstack@ovn")
    site.wait_for(site.controller, "devstack@ovn.service of worker failed", "worker")

    site.run(site.worker, "sudo systemctl start devstack@ovn")
    assert site.wait(site.controller, "worker").state["verdict"] == "ready"
