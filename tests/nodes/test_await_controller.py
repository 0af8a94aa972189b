"""Await controller: the worker's stack.sh continues as soon as the controller can serve it."""

import shutil

import pytest

from tests.patience import FOREVER_S


def look_often(node):
    """Shorten the pause between two polls to 0.1 s."""
    module = node.root / "usr/local/lib/devstack-node/devstack_worker/await_controller.py"
    module.write_text(module.read_text().replace("_POLL_S = 10.0", "_POLL_S = 0.1"))
    shutil.rmtree(module.parent / "__pycache__")


def test_a_controller_with_its_services_up_is_enough(worker, clouds):
    worker.cloud = clouds.fresh()
    worker.state("stage", "stack.sh")

    done = worker.run("devstack-node", "await-controller")

    assert done.returncode == 0, done.stderr
    assert worker.show()["stage"] == "stack.sh"


def test_a_compute_service_alone_is_not_enough(worker, clouds):
    """Without Cinder's scheduler its database may not be migrated, and c-vol would exit at once."""
    worker.cloud = {**clouds.fresh(), "volume": []}

    done = worker.run("devstack-node", "await-controller")

    assert done.returncode == 1
    assert "was not there within 1 s: its cinder-scheduler is not up" in done.stderr


def test_the_workers_own_compute_service_is_not_the_controllers(worker, clouds):
    cloud = clouds.add_worker(clouds.fresh())
    cloud["compute"] = cloud["compute"][-1:]
    worker.cloud = cloud

    assert worker.run("devstack-node", "await-controller").returncode == 1


def test_while_it_waits_the_state_says_for_what(worker, clouds):
    worker.cloud = {**clouds.fresh(), "outage": "Connection refused"}

    done = worker.run("devstack-node", "await-controller")

    assert worker.show()["stage"] == "waiting for the controller: its APIs do not answer yet"
    assert "openstack ended with 1: Connection refused" in done.stderr


def test_a_controller_that_failed_ends_the_wait_at_once(make_node, clouds, other_node):
    node = make_node("worker", controller_ip=other_node.address, node_deadline_s=FOREVER_S)
    node.cloud = {**clouds.fresh(), "outage": "Connection refused"}
    other_node.answers("failed", error="no /dev/kvm")

    done = node.run("devstack-node", "await-controller")

    assert done.returncode == 1
    assert "[ERROR] the controller failed: no /dev/kvm" in done.stderr


@pytest.mark.parametrize(
    "outage",
    [
        "The request you have made requires authentication. (HTTP 401)",
        "ForbiddenException: 403: Client Error for url: http://x/compute, Policy doesn't allow",
        "BadRequestException: 400: Client Error for url: http://x, Bad Request",
    ],
)
def test_a_refusal_is_waited_for_until_the_controller_is_ready(
    make_node, clouds, other_node, outage
):
    """Keystone refuses a correct password until its accounts exist; later refusals are final."""
    node = make_node("worker", controller_ip=other_node.address, node_deadline_s=5400)
    node.cloud = {**clouds.fresh(), "outage": outage}
    look_often(node)
    other_node.answers("pending", "pending", "ready")

    done = node.run("devstack-node", "await-controller")

    assert done.returncode == 1
    assert node.show()["stage"] == "waiting for the controller: its APIs do not answer yet"
    last = done.stderr.splitlines()[-1]
    assert "[ERROR] the controller is ready, and no waiting mends this: " in last
    assert last.endswith(outage)


def test_a_controller_that_answers_nonsense_is_waited_for(make_node, clouds, other_node):
    node = make_node("worker", controller_ip=other_node.address)
    node.cloud = clouds.fresh()
    other_node.answers("confused")

    done = node.run("devstack-node", "await-controller")

    assert done.returncode == 0
    assert f"answer of {other_node.address}:8799: the verdict is 'confused'" in done.stderr


def test_a_controller_that_is_still_building_is_waited_for(make_node, clouds, other_node):
    node = make_node("worker", controller_ip=other_node.address)
    node.cloud = clouds.fresh()
    other_node.answers("pending")

    assert node.run("devstack-node", "await-controller").returncode == 0


def test_a_client_that_hangs_does_not_hide_a_controller_that_failed(make_node, other_node):
    """The controller's state is read once more at the time limit."""
    node = make_node("worker", controller_ip=other_node.address)
    other_node.answers("pending", "failed", error="no /dev/kvm")
    node.fake("openstack", "/bin/sleep 1.2; echo refused >&2; exit 1")

    done = node.run("devstack-node", "await-controller")

    assert done.returncode == 1
    assert "[ERROR] the controller failed: no /dev/kvm" in done.stderr


def test_the_plugin_waits_before_services_start_and_in_no_other_phase(worker):
    """stack.sh sources the plugin in every mode and phase."""
    worker.fake("sudo", 'echo "sudo $*" >>"$FAKE_STATE/calls"')
    plugin = worker.root / "usr/local/share/devstack-node/plugin.sh"

    for words in (("source",), ("stack", "install"), ("stack", "post-config"), ("stack", "extra")):
        worker.run("bash", str(plugin), *words)

    assert worker.calls() == ["sudo /usr/local/sbin/devstack-node await-controller"]
