"""Smoke test: boots a server and a load balancer, reports failures, and removes everything."""

import pytest

LEFT = ("image", "network", "server")


@pytest.fixture
def node(make_node, clouds, tmp_path):
    """A controller that downloads its image from a file."""
    image = tmp_path / "cirros.img"
    image.write_text("an image")
    node = make_node("controller", smoke_test=True, smoke_test_image_url=f"file://{image}")
    node.cloud = clouds.fresh()
    node.state("stage", "smoke test")
    return node


def smoke(node):
    return node.run("devstack-node", "smoke-test")


def made(node):
    """Return the kinds of the resources created, in order."""
    return [call.split()[3] for call in node.calls() if " create " in call]


def test_a_server_and_a_load_balancer_boot_and_nothing_is_left(node):
    done = smoke(node)

    assert done.returncode == 0, done.stderr
    assert made(node) == [
        *("image", "network", "subnet", "server"),
        *("network", "subnet", "loadbalancer"),
    ]
    assert node.cloud["made"] == []
    [server] = [call for call in node.calls() if "server create" in call]
    assert "--flavor m1.tiny --network smoke-testaz1 --availability-zone testaz1" in server
    assert not list((node.root / "var/lib/devstack-node").glob("*.img"))


def test_a_server_that_does_not_boot_is_named_with_novas_reason(node):
    """Services that are up do not prove that a server boots."""
    node.cloud = {**node.cloud, "fault": "No valid host was found."}

    done = smoke(node)

    assert done.returncode == 1
    assert "[ERROR] server smoke-testaz1 went to ERROR: No valid host was found." in done.stderr
    assert node.cloud["made"] == []


def test_what_an_earlier_run_left_is_removed_first(node):
    """The earlier run may have been killed, and names must be unique."""
    left = [{"kind": kind, "Name": "smoke-testaz1", "ID": f"old-{kind}"} for kind in LEFT]
    node.cloud = {**node.cloud, "made": left}

    assert smoke(node).returncode == 0

    deleted = [call.split()[-1] for call in node.calls() if " delete " in call]
    assert deleted[:3] == ["old-server", "old-network", "old-image"]
    assert node.cloud["made"] == []


def test_an_image_that_cannot_be_had_is_a_failure_with_its_reason(node):
    node_env = node.root / "etc/devstack-node/node.env"
    node_env.write_text(node_env.read_text().replace("cirros.img", "none.img"))

    done = smoke(node)

    assert done.returncode == 1
    assert "curl ended with 37: " in done.stderr
    assert made(node) == []


def test_what_cannot_be_removed_is_named_beside_the_reason(node):
    node.cloud = {**node.cloud, "fault": "No valid host was found.", "stuck": "server"}

    done = smoke(node)

    assert "No valid host was found.; server smoke-testaz1 is left over: " in done.stderr


def test_without_octavia_no_load_balancer_is_asked_for(make_node, clouds, tmp_path):
    (tmp_path / "cirros.img").touch()
    octavia = ("octavia", "o-api", "o-cw", "o-hm", "o-hk", "o-da")
    url = f"file://{tmp_path}/cirros.img"
    node = make_node("controller", smoke_test_image_url=url, disabled_services=octavia)
    node.cloud = clouds.fresh()
    node.state("stage", "smoke test")

    assert smoke(node).returncode == 0

    assert "loadbalancer" not in made(node)
