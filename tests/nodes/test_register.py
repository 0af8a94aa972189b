"""Register: whenever the worker comes, it ends in its own zone, and the controller knows."""

import pytest


@pytest.fixture
def node(make_node, clouds):
    """A controller that is ready, next to a worker on an address of this machine."""
    node = make_node("controller")
    node.cloud = clouds.fresh()
    node.state("ready")
    return node


def view(node):
    return node.show("--for", "worker")


@pytest.mark.parametrize("host", ["capo-e2e-ci-worker", "capo-e2e-ci-worker.c.p.internal"])
def test_a_worker_that_is_there_is_registered(node, clouds, host):
    """Some images name services with the domain, and Nova wants the name as it is."""
    node.cloud = clouds.add_worker(node.cloud, host)

    done = node.run("devstack-node", "register-worker")

    assert done.returncode == 0, done.stderr
    assert node.cloud["aggregates"] == {"testaz2": [host]}
    assert (view(node)["verdict"], view(node)["stage"]) == ("ready", "registered")


def test_a_worker_whose_name_only_begins_alike_is_not_taken(node, clouds):
    node.cloud = clouds.add_worker(node.cloud, "capo-e2e-ci-worker-2")

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert node.cloud["aggregates"] == {}


def test_a_second_run_is_done_at_once(node, clouds):
    """After a reboot the unit runs again."""
    node.cloud = clouds.add_worker(node.cloud)
    node.run("devstack-node", "register-worker")

    assert node.run("devstack-node", "register-worker").returncode == 0

    assert node.cloud["aggregates"] == {"testaz2": ["capo-e2e-ci-worker"]}


def test_a_worker_in_another_zone_is_a_failure_that_names_it(node, clouds):
    """No waiting mends that, and the job must not wait for its own deadline."""
    cloud = clouds.add_worker(node.cloud)
    cloud["aggregates"] = {"testaz1": ["capo-e2e-ci-worker"]}
    node.cloud = cloud

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert view(node)["verdict"] == "failed"
    assert "capo-e2e-ci-worker is in AZ testaz1, not testaz2" in view(node)["error"]


@pytest.mark.parametrize(
    ("table", "binary", "missing"),
    [
        ("compute", "nova-compute", "nova-compute of capo-e2e-ci-worker is not up"),
        ("volume", "cinder-volume", "cinder-volume of capo-e2e-ci-worker is not up"),
        ("agents", None, "the OVN chassis of capo-e2e-ci-worker is not alive"),
    ],
)
def test_what_is_down_is_named_at_the_deadline(node, clouds, table, binary, missing):
    """A zone that has compute but no volumes fails the tests twenty minutes later."""
    cloud = clouds.add_worker(node.cloud)
    for row in cloud[table]:
        if row["Host"].startswith("capo-e2e-ci-worker") and row.get("Binary") == binary:
            row.update({"State": "down", "Alive": False})
    node.cloud = cloud

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert view(node)["verdict"] == "failed"
    assert view(node)["error"].endswith(f"was not registered within 1 s: {missing}")


def test_a_worker_that_failed_is_known_at_once(node, other_node):
    """The controller does not wait for a machine that has given up."""
    other_node("127.0.3.16", {"verdict": "failed", "error": "stack.sh: no space"})

    assert node.run("devstack-node", "register-worker").returncode == 1

    assert view(node)["error"] == "worker: stack.sh: no space"


def test_a_failure_stays_known_until_a_worker_appears(node, clouds):
    """The unit starts again at once, which says nothing about the worker."""
    node.run("devstack-node", "register-worker")
    first = view(node)

    node.run("devstack-node", "register-worker")
    assert view(node) == first

    node.cloud = clouds.add_worker(node.cloud)
    node.run("devstack-node", "register-worker")
    assert view(node)["verdict"] == "ready"


def test_an_api_that_does_not_answer_is_waited_for(node):
    """The controller's own services may restart beside us."""
    node.cloud = {**node.cloud, "outage": "Service Unavailable (HTTP 503)"}

    done = node.run("devstack-node", "register-worker")

    assert done.returncode == 1
    assert "Service Unavailable (HTTP 503)" in view(node)["error"]
