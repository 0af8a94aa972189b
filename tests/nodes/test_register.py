"""Register: whenever the worker appears, it ends in its own zone, and the controller knows."""

import json

import pytest

from localcloud.devstack.git_service import CLIENTS


@pytest.fixture
def node(make_node, clouds, other_node):
    """A ready controller that looks for its worker on an address of this machine."""
    node = make_node("controller", worker_ip=other_node.address, readiness_deadline_s=2)
    node.cloud = clouds.fresh()
    node.state("ready")
    return node


@pytest.fixture
def worker(other_node):
    """The worker itself, which reports that it is ready."""
    other_node.answers("ready")
    return other_node


def view(node):
    return node.show("--for", "worker")


def events(node):
    """Return the recorded states of the worker, in order."""
    lines = (node.root / "var/lib/devstack-node/events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["subject"] == "worker"]


@pytest.mark.parametrize("host", ["worker", "worker.c.p.internal"])
@pytest.mark.usefixtures("worker")
def test_a_worker_that_is_there_is_registered(node, clouds, host):
    """Some images name services with the domain, and Nova needs the exact name."""
    node.cloud = clouds.add_worker(node.cloud, host)

    done = node.run("devstack-node", "register-worker")

    assert done.returncode == 0, done.stderr
    assert node.cloud["aggregates"] == {"testaz2": [host]}
    assert (view(node)["verdict"], view(node)["stage"]) == ("ready", "registered")


def test_a_worker_whose_name_only_begins_alike_is_not_taken(node, clouds):
    node.cloud = clouds.add_worker(node.cloud, "worker-2")

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert node.cloud["aggregates"] == {}


@pytest.mark.usefixtures("worker")
def test_a_second_run_is_done_at_once(node, clouds):
    """A timer runs it repeatedly, and nova-manage is slow."""
    node.cloud = clouds.add_worker(node.cloud)
    node.run("devstack-node", "register-worker")
    node.fake("nova-manage", "echo must not be asked >&2; exit 1")

    assert node.run("devstack-node", "register-worker").returncode == 0

    assert node.cloud["aggregates"] == {"testaz2": ["worker"]}


def test_a_worker_in_another_zone_is_a_failure_that_names_it(node, clouds):
    """Waiting cannot fix it, so the job must not wait for its deadline."""
    cloud = clouds.add_worker(node.cloud)
    cloud["aggregates"] = {"testaz1": ["worker"]}
    node.cloud = cloud

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert view(node)["verdict"] == "failed"
    assert "worker is in AZ testaz1, not testaz2" in view(node)["error"]


@pytest.fixture
def patient(make_node, clouds, other_node):
    """A controller that would wait for its worker for an hour and a half."""
    node = make_node("controller", worker_ip=other_node.address, node_deadline_s=5400)
    node.cloud = clouds.add_worker(clouds.fresh())
    node.state("ready")
    other_node.answers("ready")
    return node


@pytest.mark.parametrize(
    ("cloud", "said"),
    [
        (
            {"occupied": ["worker"]},
            ("Nova does not put worker into AZ testaz2", "already has 1 instance(s)"),
        ),
        (
            # An aggregate has the name of Nova's default AZ, which Nova shows for the host.
            {"aggregates": {"rack-1": ["worker"]}, "zones": {"rack-1": "nova"}},
            ("worker is in AZ nova, not testaz2", "take it out"),
        ),
        (
            {"aggregates": {"testaz2": []}, "zones": {"testaz2": None}},
            ("aggregate testaz2 is there, but of AZ None", "delete it"),
        ),
        (
            {"outage": "BadRequestException: 400: Client Error for url: http://x, No such version"},
            ("No such version",),
        ),
        ({"outage": "The request requires authentication. (HTTP 401)"}, ("(HTTP 401)",)),
        ({"outage": "ForbiddenException: 403: Client Error for url: http://x, Policy"}, ("403",)),
    ],
    ids=["servers", "another zone", "no zone", "400", "401", "403"],
)
def test_what_no_waiting_mends_fails_at_once_with_novas_reason(patient, cloud, said):
    """The first poll records the failure; without that, the run would last until the deadline."""
    patient.cloud = {**patient.cloud, **cloud}

    assert patient.run("devstack-node", "register-worker").returncode == 1

    answer = view(patient)
    assert (answer["verdict"], answer["class"]) == ("failed", "configuration")
    assert all(words in answer["error"] for words in said), answer["error"]
    assert [event["verdict"] for event in events(patient)] == ["failed"]


def test_a_missing_client_fails_at_once(patient):
    (patient.bin / "openstack").unlink()
    patient.fake("nova-manage", "exit 1")

    assert patient.run("devstack-node", "register-worker").returncode == 1

    assert view(patient)["error"] == "openstack: No such file or directory"


@pytest.mark.parametrize(
    "answer",
    [
        "Aggregate testaz2 already exists.",
        "Aggregate 1 already has host worker.",
    ],
)
def test_what_an_attempt_did_whose_answer_was_lost_is_success(patient, answer):
    """An earlier client timed out after Nova had done the work."""
    conflict = f"ConflictException: 409: Client Error for url: http://x, {answer}"
    refused = "create" if "exists" in answer else "add"
    patient.fake(
        "openstack",
        f'{CLIENTS}/openstack "$@" || exit\n'
        f'[[ "$3 $4" != "aggregate {refused}" ]] || {{ echo "{conflict}" >&2; exit 1; }}',
    )

    assert patient.run("devstack-node", "register-worker").returncode == 0

    assert patient.cloud["aggregates"] == {"testaz2": ["worker"]}
    assert view(patient)["verdict"] == "ready"


@pytest.mark.parametrize(
    "outage",
    [
        "Service Unavailable (HTTP 503)",
        "HttpException: 500: Server Error for url: http://x, Internal Server Error",
        "NotFoundException: 404: Client Error for url: http://x, Not Found",
        "Too many requests (HTTP 429)",
        "Unable to establish connection to http://10.0.3.15/identity: Connection refused",
    ],
)
@pytest.mark.usefixtures("worker")
def test_what_passes_is_waited_for(node, outage):
    node.cloud = {**node.cloud, "outage": outage}

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert [event["verdict"] for event in events(node)] == ["pending", "failed"]
    assert "was not registered within 1 s: " in view(node)["error"]


@pytest.mark.usefixtures("worker")
def test_a_denial_is_waited_for_while_the_controller_is_not_ready(node):
    """After a reboot, services refuse valid requests for a while."""
    node.state("stage", "reboot: readiness")
    node.cloud = {**node.cloud, "outage": "The request requires authentication. (HTTP 401)"}

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert [event["verdict"] for event in events(node)] == ["pending", "failed"]


@pytest.mark.parametrize(
    ("table", "binary", "missing"),
    [
        ("compute", "nova-compute", "nova-compute of worker is not up"),
        ("volume", "cinder-volume", "cinder-volume of worker@lvmdriver-1 is not up"),
        ("agents", None, "the OVN chassis of worker is not alive"),
    ],
)
def test_what_is_down_is_named_at_the_deadline(node, clouds, table, binary, missing):
    """A zone with compute but without volumes would fail the tests twenty minutes later."""
    cloud = clouds.add_worker(node.cloud)
    for row in cloud[table]:
        if row["Host"].startswith("worker") and row.get("Binary") == binary:
            row.update({"State": "down", "Alive": False})
    node.cloud = cloud

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert view(node)["verdict"] == "failed"
    assert view(node)["error"].endswith(f"was not registered within 1 s: {missing}")


def test_a_worker_that_failed_is_known_at_once(node, worker):
    """The controller does not wait for a worker that reports its failure."""
    worker.answers("failed", error="stack.sh: no space", **{"class": "infrastructure"})

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert view(node)["error"] == "worker: stack.sh: no space"
    assert view(node)["class"] == "infrastructure"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"verdict": "failed", "error": "rebooted during 'x'"}, "failed: worker: rebooted"),
        (
            {"verdict": "pending", "stage": "reboot"},
            "pending: worker is not ready: reb",
        ),
        (
            {"failed_units": ["devstack@n-cpu.service"]},
            "pending: devstack@n-cpu.service of worker failed",
        ),
    ],
)
def test_a_registered_worker_that_is_not_well_is_noticed(node, clouds, worker, answer, said):
    """Nova and Neutron would report it as up for minutes."""
    node.cloud = clouds.add_worker(node.cloud)
    node.run("devstack-node", "register-worker")
    worker.answers("ready", **answer)

    node.run("devstack-node", "register-worker")

    first = events(node)[1]
    assert f"{first['verdict']}: {first['error'] or first['stage']}".startswith(said)


def test_a_registered_worker_that_falls_silent_is_pending_and_then_lost(node, clouds, worker):
    """It gets the time of a reboot to answer again, not that of a whole build."""
    node.cloud = clouds.add_worker(node.cloud)
    node.run("devstack-node", "register-worker")
    worker.close()

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert [event["verdict"] for event in events(node)] == ["ready", "pending", "failed"]
    late = "worker was not registered within 2 s: worker does not answer"
    assert view(node)["error"] == late


def test_a_smoke_test_that_fails_keeps_the_worker_from_being_registered(
    make_node, clouds, other_node, tmp_path
):
    """Services that are up do not prove that a server boots there."""
    (tmp_path / "cirros.img").touch()
    url = f"file://{tmp_path}/cirros.img"
    smoke = {"smoke_test": True, "smoke_test_image_url": url}
    node = make_node("controller", worker_ip=other_node.address, **smoke)
    node.cloud = {**clouds.add_worker(clouds.fresh()), "fault": "No valid host was found."}
    node.state("ready")
    other_node.answers("ready")

    assert node.run("devstack-node", "register-worker").returncode == 1

    fault = "server smoke-testaz2 went to ERROR: No valid host was found."
    assert view(node)["error"] == f"smoke test: {fault}"


@pytest.mark.usefixtures("worker")
def test_a_failure_stays_known_until_a_worker_appears(node, clouds):
    """The timer starts the next attempt at once, which is no news about the worker."""
    node.run("devstack-node", "register-worker")
    first = view(node)

    node.run("devstack-node", "register-worker")
    assert view(node) == first

    node.cloud = clouds.add_worker(node.cloud)
    node.run("devstack-node", "register-worker")
    assert view(node)["verdict"] == "ready"


def test_an_api_that_does_not_answer_is_waited_for(node):
    """The controller's own services may be restarting."""
    node.cloud = {**node.cloud, "outage": "Service Unavailable (HTTP 503)"}

    done = node.run("devstack-node", "register-worker")

    assert done.returncode == 1
    assert "Service Unavailable (HTTP 503)" in view(node)["error"]
