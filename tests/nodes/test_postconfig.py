"""Post configuration: the resources that the tests need in the cloud, and a failing step."""

FLAVORS = {
    "m1.tiny": {"ID": "1", "RAM": 512, "Disk": 1, "Ephemeral": 1, "VCPUs": 1},
    "m1.small": {"ID": "2", "RAM": 4192, "Disk": 20, "Ephemeral": 5, "VCPUs": 2},
    "m1.medium": {"ID": "3", "RAM": 6144, "Disk": 20, "Ephemeral": 5, "VCPUs": 2},
    "m1.tiny.alt": {"ID": "10", "RAM": 512, "Disk": 1, "Ephemeral": 1, "VCPUs": 1},
}


def test_the_controller_puts_only_itself_into_its_zone(controller, clouds):
    """A worker that starts early must not end up in the controller's zone."""
    controller.cloud = clouds.add_worker(clouds.fresh())

    done = controller.run("devstack-node", "postconfig")

    assert done.returncode == 0, done.stderr
    assert controller.cloud["aggregates"] == {"testaz1": ["controller"]}


def test_flavors_types_and_quotas_are_those_of_the_tests(controller, clouds):
    """DevStack's flavors of the same names have other sizes."""
    controller.cloud = clouds.fresh()

    controller.run("devstack-node", "postconfig")

    cloud = controller.cloud
    assert {f["Name"]: {k: f[k] for k in f if k != "Name"} for f in cloud["flavors"]} == FLAVORS
    assert cloud["types"] == ["lvmdriver-1", "test-volume-type"]
    assert cloud["quotas"] == {
        "demo": {
            "cores": 32,
            "instances": 32,
            "ram": 65536,
            "secgroups": 200,
            "secgroup-rules": 1000,
            "volumes": 40,
        },
        "admin": {"secgroups": 100, "secgroup-rules": 1000},
    }


def test_a_second_run_changes_nothing(controller, clouds):
    """A person can repeat it after a step failed halfway."""
    controller.cloud = clouds.fresh()
    controller.run("devstack-node", "postconfig")
    before, calls = controller.cloud, len(controller.calls())

    assert controller.run("devstack-node", "postconfig").returncode == 0

    assert controller.cloud == before
    changes = [
        call for call in controller.calls()[calls:] if " create " in call or "delete" in call
    ]
    assert changes == []


def test_the_first_failing_step_ends_it_and_is_named(controller, clouds):
    cloud = clouds.fresh()
    cloud["aggregates"] = {"elsewhere": ["controller"]}
    controller.cloud = cloud

    done = controller.run("devstack-node", "postconfig")

    assert done.returncode == 1
    assert "[ERROR] own zone: controller is in AZ elsewhere" in done.stderr
    assert controller.cloud["flavors"] == cloud["flavors"]


def test_without_cinder_no_volume_command_is_run(make_node, clouds):
    """The catalog would have no endpoint for it."""
    node = make_node("controller", disabled_services=("c-sch", "c-api", "c-vol"))
    node.cloud = clouds.fresh()

    assert node.run("devstack-node", "postconfig").returncode == 0

    assert not [call for call in node.calls() if "volume" in call]
