"""Status: the contract of docs/readiness.md, by exit status, last line and files."""

import json
import threading

import pytest

from tests.patience import FOREVER_S

KEYS = {
    *("schema", "node", "subject", "stage", "since", "verdict", "error"),
    *("class", "detail", "boot_id", "log_tail", "failed_units", "cloud_init"),
    "unreadable",
}


def wait(node, *words, timeout="0"):
    return node.run("devstack-status", "wait", "--timeout", timeout, *words)


def test_the_answer_is_one_line_of_json_with_every_key(controller):
    """Clients read the last line of standard output."""
    done = controller.run("devstack-status", "show")

    [line] = done.stdout.splitlines()
    answer = json.loads(line)
    assert set(answer) == KEYS
    assert (answer["schema"], answer["node"], answer["subject"]) == (1, "controller", "node")


def test_before_the_build_the_node_is_pending(controller):
    done = controller.run("devstack-status", "show")

    assert done.returncode == 3
    assert json.loads(done.stdout)["stage"] == "cloud-init"


def test_a_build_that_never_began_is_a_failure(controller):
    """Otherwise the job would wait until the deadline when cloud-init rejects the user data."""
    result = {"v1": {"datasource": "DataSourceGCE", "errors": ["failed to read cloud-config"]}}
    controller.write("run/cloud-init/result.json", json.dumps(result))

    answer = controller.show()

    assert answer["verdict"] == "failed"
    assert answer["error"].endswith("without starting the build: failed to read cloud-config")


@pytest.mark.parametrize(
    ("record", "status", "verdict"),
    [
        (("stage", "stack.sh"), 3, "pending"),
        (("ready",), 0, "ready"),
        (("fail", "stack.sh ended with 1"), 1, "failed"),
    ],
)
def test_show_exits_by_the_verdict(controller, record, status, verdict):
    controller.state(*record)

    done = controller.run("devstack-status", "show")

    assert done.returncode == status
    assert json.loads(done.stdout)["verdict"] == verdict


@pytest.mark.parametrize("words", [(), ("sleep",), ("wait",), ("show", "--for", "me")])
def test_misuse_exits_2_and_prints_no_answer(controller, words):
    done = controller.run("devstack-status", *words)

    assert (done.returncode, done.stdout) == (2, "")


def test_wait_ends_with_4_at_the_deadline_and_says_where_the_node_is(controller):
    controller.state("stage", "packages")

    done = wait(controller, timeout="0.2")

    assert done.returncode == 4
    assert json.loads(done.stdout.splitlines()[-1])["stage"] == "packages"
    assert "node pending packages" in done.stderr


def test_wait_ends_soon_after_the_verdict(controller):
    controller.state("stage", "stack.sh")
    threading.Timer(0.5, controller.state, ("ready",)).start()

    done = wait(controller, timeout=str(FOREVER_S))

    assert done.returncode == 0
    assert [line.split(maxsplit=1)[1] for line in done.stderr.splitlines()] == [
        "node pending stack.sh",
        "node ready ready",
    ]


def test_while_stack_sh_runs_its_own_phase_is_shown(controller):
    """The phase is the last line of its summary, without the time."""
    controller.state("stage", "stack.sh")
    controller.write(
        "opt/stack/logs/stack.sh.log.summary",
        "2026-11-25 01:00:00.000 | Installing package prerequisites\n"
        "2026-11-25 01:02:03.000 | Starting Keystone\n",
    )

    assert controller.show()["detail"] == "Starting Keystone"


def test_a_finished_node_names_its_units_that_failed(controller):
    """Nova reports a dead nova-compute as up for 12 minutes."""
    controller.state("ready")
    controller.fake("systemctl", "echo 'devstack@n-cpu.service loaded failed failed Devstack'")

    assert controller.show()["failed_units"] == ["devstack@n-cpu.service"]


def test_what_cloud_init_recovered_from_is_shown_and_decides_nothing(controller):
    """Recovered errors make cloud-init exit with 2, or 1 if a lock delayed its packages."""
    controller.state("ready")
    result = {"v1": {"datasource": "DataSourceGCE", "errors": ["packages: no lock"]}}
    recovered = {"WARNING": ["no such module"], "DEPRECATED": ["spelt otherwise in 30.1"]}
    stages = {"datasource": "DataSourceGCE", "init": {"recoverable_errors": recovered}}
    controller.write("run/cloud-init/result.json", json.dumps(result))
    controller.write("run/cloud-init/status.json", json.dumps({"v1": stages}))

    answer = controller.show()

    assert answer["verdict"] == "ready"
    assert answer["cloud_init"] == ["packages: no lock", "no such module"]


def test_the_same_state_twice_is_one_event(controller):
    """`since` is the start of a state, which a restarted unit does not change."""
    controller.state("stage", "packages")
    controller.state("stage", "packages")
    controller.state("ready")

    events = (controller.root / "var/lib/devstack-node/events.jsonl").read_text().splitlines()
    assert [json.loads(event)["stage"] for event in events] == ["packages", "ready"]


def test_a_reboot_during_the_build_is_a_failure_of_its_own_class(controller):
    """DevStack cannot resume, so the instance has to be replaced."""
    controller.state("stage", "stack.sh")
    controller.reboot()

    answer = controller.show()

    assert (answer["verdict"], answer["class"]) == ("failed", "interrupted")
    assert answer["error"] == "rebooted during 'stack.sh'; replace the instance"


def test_a_finished_node_is_pending_after_a_reboot(controller):
    """devstack-boot decides whether its services have come back."""
    controller.state("ready")
    controller.reboot()

    assert (controller.show()["verdict"], controller.show()["stage"]) == ("pending", "reboot")


def test_a_second_reboot_while_it_comes_back_is_no_failure(controller):
    controller.state("ready")
    controller.reboot()
    controller.state("boot")
    controller.state("stage", "reboot: readiness")
    controller.reboot()

    assert controller.show()["verdict"] == "pending"


def test_a_failed_node_stays_failed_after_a_reboot(controller):
    controller.state("fail", "stack.sh ended with 1")
    controller.reboot()

    assert controller.run("devstack-node", "state", "boot").returncode == 1
    assert controller.show()["error"] == "stack.sh ended with 1"


def test_the_worker_is_pending_until_somebody_looks_for_it(controller):
    assert controller.show("--for", "worker")["stage"] == "waiting for the controller"


def test_a_failed_controller_answers_for_the_worker_too(controller):
    """Without a controller, nobody can register the worker."""
    controller.state("fail", "no /dev/kvm")

    answer = controller.show("--for", "worker")

    assert (answer["subject"], answer["verdict"]) == ("worker", "failed")
    assert answer["error"] == "controller: no /dev/kvm"


def test_a_stack_without_a_worker_says_so(make_node):
    answer = make_node("controller", worker=False).show("--for", "worker")

    assert (answer["verdict"], answer["error"]) == ("failed", "this stack has no worker")


def test_the_worker_itself_cannot_answer_for_its_registration(worker):
    assert wait(worker, "--for", "worker").returncode == 2


def test_follow_ends_with_the_verdict(controller):
    controller.state("fail", "no /dev/kvm")

    done = controller.run("devstack-status", "follow")

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == "no /dev/kvm"
