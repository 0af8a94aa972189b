"""DevStack: the composition of all components."""

import pytest

from stacks.devstack import DevStack


@pytest.fixture
def cloud(run_program, make_settings):
    def run(**given):
        return run_program(lambda: DevStack("devstack", make_settings(**given)))

    return run


def test_both_nodes_are_built_by_default(cloud):
    assert cloud().names("instance:Instance") == {"controller", "worker"}


def test_without_worker_nothing_of_it_is_built(cloud):
    record = cloud(worker="false")

    assert not [name for _, name in record.inputs if "worker" in name]


@pytest.mark.parametrize(
    ("role", "machine_type"), [("controller", "n2-standard-16"), ("worker", "n2-standard-8")]
)
def test_each_node_has_its_machine_type(cloud, role, machine_type):
    assert cloud().named(role)["machineType"] == machine_type


def booted(record):
    """Return the path of the image that each node boots."""
    disks = {role: record.named(role)["bootDisk"] for role in ("controller", "worker")}
    return {role: disk["initializeParams"]["image"] for role, disk in disks.items()}


def test_a_node_boots_its_baked_image_and_the_other_one_the_systems(cloud):
    """One of the two images may be missing."""
    record = cloud(workerBakedImage="images/capo-worker-1", image="capo/debian-1")

    assert booted(record) == {
        "controller": "projects/capo/global/images/debian-1",
        "worker": "projects/images/global/images/capo-worker-1",
    }


def test_a_link_of_a_baked_image_is_the_same_as_its_name(cloud):
    path = "projects/images/global/images/capo-controller-1"
    link = f"https://www.googleapis.com/compute/v1/{path}"

    assert booted(cloud(controllerBakedImage=link))["controller"] == path


def test_the_controller_alone_has_an_external_address(cloud):
    record = cloud()
    [controller] = record.named("controller")["networkInterfaces"]
    [worker] = record.named("worker")["networkInterfaces"]

    assert controller["accessConfigs"] == [{"natIp": "203.0.113.10"}]
    assert worker["accessConfigs"] == []


def test_the_worker_can_have_one_too(cloud):
    [worker] = cloud(workerExternalIp="true").named("worker")["networkInterfaces"]

    assert worker["accessConfigs"] == [{"natIp": "203.0.113.11"}]


def test_nodes_can_be_in_two_zones(cloud):
    """If one zone is full, only one node has to move."""
    record = cloud(zones='["us-east4-b"]', workerZone="us-east4-c")

    assert record.named("controller")["zone"] == "us-east4-b"
    assert record.named("worker")["zone"] == "us-east4-c"


def test_nothing_is_open_to_the_world_by_default(cloud):
    """Only the nodes reach each other, and the controller itself by its external address."""
    record = cloud()

    assert record.names("firewall:Firewall") == {"internal", "http"}
    assert record.named("internal")["sourceRanges"] == ["10.0.3.0/24"]
    assert record.named("http")["sourceRanges"] == ["203.0.113.10/32"]


def test_with_the_private_address_no_api_port_is_open(cloud):
    assert cloud(authUrlHost="private").names("firewall:Firewall") == {"internal"}


@pytest.mark.parametrize(
    ("group", "tag", "allows"),
    [
        ("ssh", "node", [{"protocol": "tcp", "ports": ["22"]}]),
        ("icmp", "node", [{"protocol": "icmp"}]),
        ("http", "controller", [{"protocol": "tcp", "ports": ["80"]}]),
        ("neutron", "controller", [{"protocol": "tcp", "ports": ["9696"]}]),
    ],
)
def test_a_group_is_opened_by_its_source_ranges(cloud, group, tag, allows):
    ranges = '["192.0.2.0/24"]'
    rule = cloud(release="2025.1", **{f"{group}SourceRanges": ranges}).named(group)

    assert rule["sourceRanges"][0] == "192.0.2.0/24"
    assert rule["allows"] == allows
    assert rule["targetTags"] == [f"capo-e2e-test-{tag}"]


def test_each_node_carries_the_tags_of_its_rules(cloud):
    record = cloud()

    assert record.named("controller")["tags"] == ["capo-e2e-test-node", "capo-e2e-test-controller"]
    assert record.named("worker")["tags"] == ["capo-e2e-test-node", "capo-e2e-test-worker"]


def test_each_node_gets_its_own_user_data(cloud):
    record = cloud()
    user_data = {
        role: record.named(role)["metadata"]["user-data"] for role in ("controller", "worker")
    }

    assert all(text.startswith("#cloud-config\n") for text in user_data.values())
    assert user_data["controller"] != user_data["worker"]


def test_user_data_is_a_secret(cloud):
    """It contains every password and both host keys."""
    assert {("controller", "metadata"), ("worker", "metadata")} <= cloud().secrets


@pytest.mark.parametrize(
    ("wait_for", "commands"),
    [
        ("none", set()),
        ("controller", {"controller-ready"}),
        ("all", {"controller-ready", "worker-ready"}),
    ],
)
def test_up_waits_for_what_was_asked(cloud, wait_for, commands):
    record = cloud(waitFor=wait_for, sshSourceRanges='["192.0.2.0/24"]')

    assert record.names("command:remote") == commands
