"""Reboot: what a finished node gets back, and what a half-built one says."""

import time

CONTROLLER_RULES = (
    "sudo iptables --table nat --check POSTROUTING -o eth0 -s 172.24.4.0/24 -j MASQUERADE"
    " && sudo iptables --check FORWARD -i eth0 -j ACCEPT"
    " && ip -4 address show dev br-ex up | grep --quiet 172.24.4.1/24"
    " && test $(sudo iptables --table nat --list-rules POSTROUTING | grep --count MASQUERADE) = 1"
)


def test_finished_nodes_are_ready_again(make_site):
    """The controller after an orderly reboot, the worker after a power failure meanwhile."""
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


def test_a_controller_that_lost_power_in_stack_sh_says_so_and_the_worker_gives_up(make_site):
    """Half a DevStack cannot be mended: nobody runs stack.sh a second time."""
    # A question to a machine that lost power hangs until the client gives up.
    site = make_site({"HANG_PHASE": "Starting Keystone"}, nodeDeadlineS="170")
    site.controller.start()
    site.worker.start()
    wait_for_stage(site, "Starting Keystone")

    site.controller.cut_power()
    site.controller.start()

    controller, worker = site.wait(site.controller), site.wait(site.worker)
    assert controller.state["class"] == "interrupted", controller
    assert controller.state["error"] == "rebooted during 'stack.sh'; replace the instance"
    assert worker.state["verdict"] == "failed", worker
    assert "the controller failed: rebooted during 'stack.sh'" in worker.state["error"]


def wait_for_stage(site, phase: str) -> None:
    """Wait until the controller's stack.sh is there."""
    deadline = time.monotonic() + 60
    while phase not in site.ssh(site.controller, "sudo devstack-status show").stdout:
        assert time.monotonic() < deadline, phase
        time.sleep(1)
