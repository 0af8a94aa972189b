"""Ready: each missing prerequisite of the tests is reported."""

import pytest


def ready(node):
    return node.run("devstack-node", "ready", "--timeout", "0")


@pytest.fixture
def built(controller, clouds):
    """A controller after its post configuration."""
    controller.cloud = clouds.fresh()
    controller.write("proc/net/udp", clouds.udp)
    done = controller.run("devstack-node", "postconfig")
    assert done.returncode == 0, done.stderr
    return controller


def test_a_controller_with_everything_is_ready(built):
    done = ready(built)

    assert done.returncode == 0, done.stderr


def down(binary):
    def change(cloud):
        for row in (*cloud["compute"], *cloud["volume"]):
            if row["Binary"] == binary:
                row["State"] = "down"

    return change


def set_to(key, value):
    return lambda cloud: cloud.update({key: value})


def no_agent(kind):
    def change(cloud):
        cloud["agents"] = [a for a in cloud["agents"] if not a["Agent Type"].startswith(kind)]

    return change


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (down("nova-compute"), "nova-compute is not up"),
        (down("nova-scheduler"), "nova-scheduler is not up"),
        (down("nova-conductor"), "nova-conductor is not up"),
        (down("cinder-scheduler"), "cinder-scheduler is not up"),
        (down("cinder-volume"), "cinder-volume of controller@lvmdriver-1 is not up"),
        (set_to("aggregates", {}), "compute AZ testaz1 is not available"),
        (no_agent("OVN Controller"), "the OVN Controller agent is not alive"),
        (no_agent("OVN Neutron"), "the OVN Neutron agent is not alive"),
        (set_to("networks", []), "there is no external network named public"),
        (set_to("networks", [{"Name": "public", "Subnets": []}]), "public with a subnet"),
        (set_to("flavors", []), "flavor m1.medium is None"),
        (set_to("types", []), "there is no volume type test-volume-type"),
        (set_to("quotas", {"demo": {"volumes": 10}}), "quota of volumes is 10, not 40"),
        (set_to("providers", [{"name": "octavia"}]), "Octavia has no provider amphora"),
        (set_to("images", []), "there is no active Amphora image"),
        (set_to("outage", "HTTP 401"), "keystone: openstack ended with 1: HTTP 401"),
    ],
)
def test_what_is_missing_is_named(built, change, missing):
    cloud = built.cloud
    change(cloud)
    built.cloud = cloud

    done = ready(built)

    assert done.returncode == 1
    assert missing in done.stderr.splitlines()[-1]


def test_what_nobody_brings_any_more_is_not_waited_for(built):
    """Flavors are created earlier, so a wait of a quarter of an hour would be in vain."""
    built.cloud = {**built.cloud, "flavors": []}

    done = built.run("devstack-node", "ready", "--timeout", "5400")

    assert done.returncode == 1
    assert "[ERROR] not ready, and no waiting mends it: flavor m1.tiny is None" in done.stderr


def test_a_health_manager_that_does_not_listen_is_missed(built):
    """After a reboot its unit may be active without listening."""
    built.write("proc/net/udp", "  sl  local_address rem_address   st\n")

    assert "Octavia's health manager does not listen" in ready(built).stderr


def test_without_octavia_nothing_is_asked_of_it(make_node, clouds):
    octavia = ("octavia", "o-api", "o-cw", "o-hm", "o-hk", "o-da")
    node = make_node("controller", disabled_services=octavia)
    node.cloud = {**clouds.fresh(), "providers": [], "images": []}
    node.run("devstack-node", "postconfig")

    done = ready(node)

    assert done.returncode == 0, done.stderr


def test_a_worker_needs_its_own_services_in_its_own_zone(worker, clouds):
    worker.cloud = clouds.add_worker(clouds.fresh())
    assert ready(worker).returncode == 0

    worker.cloud = clouds.fresh()
    done = ready(worker)

    assert done.returncode == 1
    assert "nova-compute is not up" in done.stderr
    assert "cinder-volume of worker is not up" in done.stderr
    assert "the OVN Controller agent is not alive" in done.stderr


def test_a_worker_whose_volumes_are_in_the_controllers_zone_is_not_ready(worker, clouds):
    cloud = clouds.add_worker(clouds.fresh())
    cloud["volume"][-1]["Zone"] = "testaz1"
    worker.cloud = cloud

    assert "cinder-volume of worker is in AZ testaz1, not testaz2" in ready(worker).stderr


def test_every_backend_of_the_users_local_conf_is_waited_for(built):
    """Volumes of the one that is missing would go to ERROR."""
    cloud = built.cloud
    other = {**cloud["volume"][-1], "Host": "controller@nfs-1", "State": "down"}
    built.cloud = {**cloud, "volume": [*cloud["volume"], other]}

    done = ready(built)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("s: cinder-volume of controller@nfs-1 is not up")


def test_a_backend_may_be_in_an_az_of_the_users(built):
    """By the option backend_availability_zone. The stack needs one backend in its own."""
    cloud = built.cloud
    other = {**cloud["volume"][-1], "Host": "controller@nfs-1", "Zone": "elsewhere"}
    built.cloud = {**cloud, "volume": [other, *cloud["volume"]]}

    assert ready(built).returncode == 0


def test_a_backend_in_another_az_does_not_hide_that_one_is_still_starting(built):
    cloud = built.cloud
    other = {**cloud["volume"][-1], "Host": "controller@nfs-1", "Zone": "elsewhere"}
    cloud["volume"][-1]["State"] = "down"
    built.cloud = {**cloud, "volume": [other, *cloud["volume"]]}

    assert "no waiting mends it" not in ready(built).stderr
