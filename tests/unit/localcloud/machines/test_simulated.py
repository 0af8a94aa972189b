"""Simulated nodes: reached over ssh like real nodes, with the keys in their user data."""

import asyncio
import io
import json
import socket
import subprocess
import tarfile
import threading
import time
from dataclasses import replace

import asyncssh
import pytest
import yaml

from localcloud.compute_api.hooks import Hooks, ImageView, InstanceView
from localcloud.machines.node_status import Course, Stage
from localcloud.machines.simulated import SimulatedNodes
from tests.patience import FOREVER_S, PATIENCE_S

HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")
USER_KEY = asyncssh.generate_private_key("ssh-ed25519")
STATUS = "sudo /usr/local/sbin/devstack-status"
ADDRESS = "127.30.0.1"


def text(key):
    return key.export_private_key().decode()


def user_data(host_key=HOST_KEY, user_key=USER_KEY):
    document = {
        "users": [
            "default",
            {"name": "cloud", "ssh_authorized_keys": [user_key.export_public_key().decode()]},
        ],
        "ssh_keys": {"ed25519_private": text(host_key)},
    }
    return f"#cloud-config\n{yaml.safe_dump(document)}"


def instance(role="controller", **changes):
    view = InstanceView(
        project="p",
        zone="us-east4-a",
        name=f"capo-e2e-ci-{role}",
        hostname=f"capo-e2e-ci-{role}",
        network_ip="10.0.3.15",
        nat_ip=ADDRESS if role == "controller" else None,
        metadata={"user-data": user_data()},
        labels={},
        image=ImageView("projects/ubuntu-os-cloud/global/images/ubuntu-2404", "1"),
    )
    return replace(view, **changes)


@pytest.fixture
def nodes():
    """Simulated nodes on a free port."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port = probe.getsockname()[1]
    with SimulatedNodes(port=port) as started:
        yield started


def ask(nodes, command, *, user="cloud", key=USER_KEY, host_key=HOST_KEY, **options):
    """Run a command as the job does, with the host key pinned."""

    async def connect_and_run():
        known = ([host_key.convert_to_public()], [], [])
        async with asyncssh.connect(
            ADDRESS,
            nodes.port,
            username=user,
            client_keys=[key],
            known_hosts=known,
            config=None,
            agent_path=None,
        ) as connection:
            return await connection.run(command, **options)

    return asyncio.run(connect_and_run())


def test_a_node_is_ready_at_once_unless_told_otherwise(nodes):
    """stdout is one line of JSON with all keys of the contract, and the exit code matches it."""
    nodes.boot(instance())
    answer = ask(nodes, f"{STATUS} show")
    state = json.loads(answer.stdout)
    assert (answer.exit_status, answer.stdout.count("\n")) == (0, 1)
    assert state.keys() == {
        "schema", "node", "subject", "stage", "since", "verdict", "error", "class", "boot_id",
        "detail",
    }  # fmt: skip
    assert (state["node"], state["subject"], state["verdict"]) == ("controller", "node", "ready")


def test_a_pending_node_is_waited_for(nodes):
    """`wait` prints progress on stderr and ends with the verdict."""
    nodes.courses["controller"] = Course(verdict_after_s=FOREVER_S)
    nodes.boot(instance())
    assert ask(nodes, f"{STATUS} show").exit_status == 3
    timer = threading.Timer(1, nodes.fare, [instance().name, Course()])
    timer.start()
    answer = ask(nodes, f"{STATUS} wait --timeout {FOREVER_S}")
    timer.join()
    assert (answer.exit_status, json.loads(answer.stdout)["verdict"]) == (0, "ready")
    assert answer.stderr.splitlines() == ["node pending stack.sh", "node ready ready"]


def test_a_wait_ends_at_its_deadline(nodes):
    """The exit code is 4, which means neither ready nor failed."""
    nodes.courses["controller"] = Course(verdict_after_s=FOREVER_S)
    nodes.boot(instance())
    answer = ask(nodes, f"{STATUS} wait --timeout 0.3")
    assert (answer.exit_status, json.loads(answer.stdout)["verdict"]) == (4, "pending")


def test_a_failed_node_says_why(nodes):
    """The JSON has the reason."""
    nodes.courses["controller"] = Course(error="stack.sh exited with 1")
    nodes.boot(instance())
    answer = ask(nodes, f"{STATUS} wait --for node --timeout {PATIENCE_S}")
    state = json.loads(answer.stdout)
    assert answer.exit_status == 1
    assert (state["verdict"], state["error"]) == ("failed", "stack.sh exited with 1")


def test_the_controller_answers_for_the_worker(nodes):
    """The worker boots later, and has no external address."""
    nodes.boot(instance())
    assert ask(nodes, f"{STATUS} show --for worker").exit_status == 3
    nodes.boot(instance("worker"))
    answer = ask(nodes, f"{STATUS} wait --for worker --timeout {PATIENCE_S}")
    state = json.loads(answer.stdout)
    assert (answer.exit_status, state["node"], state["subject"]) == (0, "controller", "worker")


def test_the_workers_failure_is_its_own(nodes):
    """The controller stays ready."""
    nodes.courses["worker"] = Course(error="no /dev/kvm")
    nodes.boot(instance())
    nodes.boot(instance("worker"))
    answer = ask(nodes, f"{STATUS} show --for worker")
    assert (answer.exit_status, json.loads(answer.stdout)["error"]) == (1, "no /dev/kvm")
    assert ask(nodes, f"{STATUS} show").exit_status == 0


@pytest.mark.parametrize(
    ("command", "code", "stdout"),
    [
        ("true", 0, ""),
        ("python3 -V", 0, "Python 3.12.3\n"),
        (f"{STATUS} frobnicate", 2, ""),
        (f"{STATUS} wait", 2, ""),
        ("sudo rm -rf /", 127, ""),
        ("true; reboot", 127, ""),
        ("echo 'unclosed", 127, ""),
    ],
)
def test_other_commands_are_few(nodes, command, code, stdout):
    """All others are refused with an error."""
    nodes.boot(instance())
    answer = ask(nodes, command)
    assert (answer.exit_status, answer.stdout) == (code, stdout)
    assert bool(answer.stderr) == (code != 0)


def test_a_node_goes_through_its_stages(nodes):
    """Each stage has its start time, as on a real node."""
    stages = (Stage(0, "packages"), Stage(0.7, "stack.sh", "Starting Keystone"))
    nodes.courses["controller"] = Course(verdict_after_s=60, stages=stages)
    nodes.boot(instance())
    first = json.loads(ask(nodes, f"{STATUS} show").stdout)
    time.sleep(0.8)
    second = json.loads(ask(nodes, f"{STATUS} show").stdout)

    assert (first["stage"], first["detail"]) == ("packages", "")
    assert (second["stage"], second["detail"]) == ("stack.sh", "Starting Keystone")
    assert first["since"] <= second["since"]


def test_a_reboot_while_it_is_built_is_a_failure_of_another_boot(nodes):
    """As docs/readiness.md defines it: an interrupted DevStack has to be replaced."""
    nodes.courses["controller"] = Course(verdict_after_s=60, reboot_after_s=0.5)
    nodes.boot(instance())
    before = json.loads(ask(nodes, f"{STATUS} show").stdout)
    time.sleep(0.6)
    after = json.loads(ask(nodes, f"{STATUS} show").stdout)

    assert (before["verdict"], after["verdict"]) == ("pending", "failed")
    assert after["class"] == "interrupted"
    assert before["boot_id"] != after["boot_id"]


def test_a_node_that_hangs_accepts_connections_and_says_nothing(nodes):
    nodes.boot(instance())
    assert ask(nodes, "true").exit_status == 0
    nodes.silence(instance().name)
    with (
        socket.create_connection((ADDRESS, nodes.port), timeout=0.5) as connection,
        pytest.raises(TimeoutError),
    ):
        connection.recv(1)
    nodes.end(instance())
    with pytest.raises(ConnectionRefusedError):
        ask(nodes, "true")


def test_a_node_that_is_gone_does_not_come_back_to_hang(nodes):
    """Another node may have its address by then."""
    nodes.courses["controller"] = Course(silent_after_s=0.3)
    nodes.boot(instance())
    nodes.end(instance())
    time.sleep(0.4)
    with pytest.raises(ConnectionRefusedError):
        ask(nodes, "true")


@pytest.mark.parametrize("program", ["devstack-logs", "/usr/local/sbin/devstack-logs --timeout 9"])
def test_logs_are_an_archive(nodes, program):
    nodes.courses["controller"] = Course(error="no /dev/kvm")
    nodes.boot(instance())
    packed = ask(nodes, f"sudo {program}", encoding=None).stdout

    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        assert json.load(archive.extractfile("state.json"))["error"] == "no /dev/kvm"


def test_an_archive_may_arrive_with_the_command_that_takes_it(nodes, tmp_path):
    """OpenSSH sends its input without waiting for the answer to the command."""
    nodes.boot(instance())
    key, known, archive = (tmp_path / name for name in ("key", "known_hosts", "archive"))
    key.write_text(text(USER_KEY))
    key.chmod(0o600)
    known.write_text(f"[{ADDRESS}]:{nodes.port} {HOST_KEY.export_public_key().decode()}")
    archive.write_bytes(b"\xff\x00" * 1000)
    with archive.open("rb") as stream:
        answer = subprocess.run(
            ["ssh", "-F", "none", "-i", key, "-o", f"UserKnownHostsFile={known}",
             "-p", str(nodes.port), f"cloud@{ADDRESS}", "sudo devstack-image-receive"],
            stdin=stream, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
    assert (answer.returncode, answer.stderr) == (0, "")


WORKER_KEY = asyncssh.generate_private_key("ssh-ed25519")


def through(nodes, host, port=22):
    """Ask a host's state over a connection through the controller; return the output."""

    async def connect_and_run():
        known = ([HOST_KEY.convert_to_public(), WORKER_KEY.convert_to_public()], [], [])
        access = {"username": "cloud", "client_keys": [USER_KEY], "known_hosts": known}
        access |= {"config": None, "agent_path": None}
        async with (
            asyncssh.connect(ADDRESS, nodes.port, **access) as controller,
            asyncssh.connect(host, port, tunnel=controller, **access) as node,
        ):
            return (await node.run(f"{STATUS} show")).stdout

    return asyncio.run(connect_and_run())


@pytest.fixture
def both(nodes):
    """A controller, and its worker without an external address."""
    data = {"user-data": user_data(host_key=WORKER_KEY)}
    nodes.boot(instance())
    nodes.boot(instance("worker", network_ip="10.0.3.16", metadata=data))
    return nodes


def test_the_controller_leads_to_the_worker(both):
    """It forwards to the worker's internal address, as on a real network."""
    assert json.loads(through(both, "10.0.3.16"))["node"] == "worker"


@pytest.mark.parametrize(
    ("host", "port"), [("10.0.3.17", 22), ("10.0.3.16", 80), ("127.0.0.1", 22)]
)
def test_the_controller_leads_nowhere_else(both, host, port):
    with pytest.raises(asyncssh.ChannelOpenError):
        through(both, host, port)


def test_the_worker_of_another_project_is_out_of_reach(nodes):
    """Each project has a network of its own, with the same addresses."""
    nodes.boot(instance())
    nodes.boot(instance("worker", network_ip="10.0.3.16", project="other"))
    with pytest.raises(asyncssh.ChannelOpenError):
        through(nodes, "10.0.3.16")


def test_a_worker_does_not_answer_for_the_registration(nodes):
    """A real worker does not know the registration either."""
    nodes.boot(instance("worker", nat_ip=ADDRESS))
    assert ask(nodes, f"{STATUS} show --for worker").exit_status == 2


def test_a_new_instance_has_another_boot_id(nodes):
    """The job recognizes a replaced node by its boot ID."""
    command = "cat /proc/sys/kernel/random/boot_id"
    nodes.boot(instance())
    first = ask(nodes, command).stdout
    nodes.end(instance())
    nodes.boot(instance())
    assert ask(nodes, command).stdout != first


def test_an_ended_node_is_silent(nodes):
    """Its address may be given to the next instance."""
    nodes.boot(instance())
    nodes.end(instance())
    with pytest.raises(ConnectionRefusedError):
        ask(nodes, "true")


def test_machines_follow_the_instances(nodes):
    """The nodes are attached to the API's hooks."""
    hooks = Hooks()
    nodes.attach(hooks)
    hooks.running(instance())
    hooks.drain()
    assert ask(nodes, "true").exit_status == 0
    hooks.deleted(instance())
    hooks.drain()
    with pytest.raises(ConnectionRefusedError):
        ask(nodes, "true")


def test_a_stopped_node_is_silent_until_it_is_started(nodes):
    """It has another boot ID then, and may have another external IP."""
    command = "cat /proc/sys/kernel/random/boot_id"
    hooks = Hooks()
    nodes.attach(hooks)
    hooks.running(instance())
    hooks.drain()
    before = ask(nodes, command).stdout
    hooks.stopped(instance())
    hooks.drain()
    with pytest.raises(ConnectionRefusedError):
        ask(nodes, "true")
    hooks.running(instance())
    hooks.drain()
    assert ask(nodes, command).stdout != before
    hooks.stopped(instance())
    hooks.deleted(instance())
    hooks.drain()
    with pytest.raises(ConnectionRefusedError):
        ask(nodes, "true")


def test_a_node_from_a_baked_image_behaves_like_any_other(nodes):
    """It has its own instance's keys: a simulated node's image has no contents."""
    hooks = Hooks()
    nodes.attach(hooks)
    baked = ImageView("projects/p/global/images/baked", "2")
    hooks.running(instance())
    hooks.stopped(instance())
    hooks.image_created(baked, instance())
    hooks.deleted(instance())
    hooks.running(instance(image=baked, metadata={"user-data": user_data(host_key=WORKER_KEY)}))
    hooks.image_deleted(baked)
    hooks.drain()
    answer = ask(nodes, f"{STATUS} show", host_key=WORKER_KEY)
    assert json.loads(answer.stdout)["verdict"] == "ready"


def test_a_node_that_ends_drops_who_waits_for_it(nodes):
    """The connection is cut, as by a deleted machine; the job must notice."""
    nodes.courses["controller"] = Course(verdict_after_s=FOREVER_S)
    nodes.boot(instance())
    timer = threading.Timer(0.7, nodes.end, [instance()])
    timer.start()
    answer = ask(nodes, f"{STATUS} wait --timeout {FOREVER_S}")
    timer.join()
    assert (answer.exit_status, answer.stdout) == (None, "")


def test_only_the_user_datas_key_opens(nodes):
    """A key admits only the user for whom it is listed."""
    nodes.boot(instance())
    with pytest.raises(asyncssh.PermissionDenied):
        ask(nodes, "true", key=asyncssh.generate_private_key("ssh-ed25519"))
    with pytest.raises(asyncssh.PermissionDenied):
        ask(nodes, "true", user="root")


def test_the_host_key_is_the_user_datas(nodes):
    """A client that expects another host key refuses to connect."""
    nodes.boot(instance())
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        ask(nodes, "true", host_key=asyncssh.generate_private_key("ssh-ed25519"))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ("", "the user data does not start with #cloud-config"),
        ("#cloud-config\n", "the user data is empty"),
        ("#cloud-config\nusers: []\n", "the user data has no ssh_keys.ed25519_private"),
        ("#cloud-config\n{", "the user data is no YAML"),
    ],
)
def test_bad_user_data_leaves_a_node_without_ssh(nodes, capsys, data, complaint):
    """A real instance would run, too, without answering."""
    nodes.boot(instance(metadata={"user-data": data}))
    with pytest.raises(ConnectionRefusedError):
        ask(nodes, "true")
    assert f"no ssh at {ADDRESS}: {complaint}" in capsys.readouterr().err
