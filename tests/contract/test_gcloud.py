"""Gcloud: the real `gcloud compute` creates, shows and deletes the program's set of resources."""

import json

import pytest


@pytest.fixture
def network(gcloud):
    """A network and a subnetwork, created with gcloud."""
    gcloud.ok("networks", "create", "net", "--subnet-mode=custom", "--mtu=1460")
    gcloud.ok("networks", "subnets", "create", "sub", "--network=net", "--range=10.0.3.0/24")
    return gcloud


INSTANCE = (
    "--machine-type=n2-standard-2",
    "--min-cpu-platform=Intel Cascade Lake",
    "--enable-nested-virtualization",
    "--can-ip-forward",
    "--image-family=ubuntu-2404-lts-amd64",
    "--image-project=ubuntu-os-cloud",
    "--boot-disk-type=pd-ssd",
    "--boot-disk-size=20GB",
    "--subnet=sub",
    "--tags=node",
    "--labels=stack=ci",
)


def describe(gcloud, *arguments):
    return json.loads(gcloud.ok(*arguments, "--format=json"))


def test_whole_set_is_created_shown_and_deleted(network, tmp_path):
    """In the order of the shell scripts that the program replaces; the project ends empty."""
    gcloud = network
    user_data = tmp_path / "user-data"
    user_data.write_text("#cloud-config\n", encoding="utf-8")
    nat = ("--router=router", "--auto-allocate-nat-external-ips", "--nat-all-subnet-ip-ranges")
    rule = ("--network=net", "--allow=tcp:22,icmp", "--source-ranges=0.0.0.0/0")
    gcloud.ok("routers", "create", "router", "--network=net")
    gcloud.ok("routers", "nats", "create", "nat", *nat)
    gcloud.ok("firewall-rules", "create", "rule", *rule, "--target-tags=node")
    gcloud.ok("addresses", "create", "fixed", "--subnet=sub", "--addresses=10.0.3.15")
    gcloud.ok("addresses", "create", "public")
    from_file = f"--metadata-from-file=user-data={user_data}"
    addresses = ("--private-network-ip=10.0.3.15", "--address=public")
    gcloud.ok("instances", "create", "vm", *INSTANCE, *addresses, from_file)

    instance = describe(gcloud, "instances", "describe", "vm")
    (nic,) = instance["networkInterfaces"]
    public = describe(gcloud, "addresses", "describe", "public")
    assert instance["status"] == "RUNNING"
    assert nic["networkIP"] == "10.0.3.15"
    assert nic["accessConfigs"][0]["natIP"] == public["address"]
    assert instance["metadata"]["items"] == [{"key": "user-data", "value": "#cloud-config\n"}]
    assert instance["advancedMachineFeatures"]["enableNestedVirtualization"] is True
    assert describe(gcloud, "networks", "describe", "net")["mtu"] == 1460
    (found,) = describe(gcloud, "routers", "nats", "list", "--router=router")
    assert found["sourceSubnetworkIpRangesToNat"] == "ALL_SUBNETWORKS_ALL_IP_RANGES"
    (found,) = describe(gcloud, "firewall-rules", "list", "--filter=name=rule")
    assert found["targetTags"] == ["node"]

    gcloud.ok("instances", "delete", "vm")
    gcloud.ok("routers", "nats", "delete", "nat", "--router=router")
    gcloud.ok("routers", "delete", "router")
    gcloud.ok("firewall-rules", "delete", "rule")
    gcloud.ok("addresses", "delete", "fixed", "public")
    gcloud.ok("networks", "subnets", "delete", "sub")
    gcloud.ok("networks", "delete", "net")
    assert gcloud.api.inventory(gcloud.project) == []


def test_several_instances_are_created_and_deleted_in_one_batch(network):
    network.ok("instances", "create", "a", "b", *INSTANCE)
    names = network.ok("instances", "list", "--format=value(name)", "--filter=labels.stack=ci")
    assert names.split() == ["a", "b"]
    network.ok("instances", "delete", "a", "b")
    assert network.ok("instances", "list", "--format=value(name)") == ""


def test_instance_is_stopped_started_and_labelled(network):
    network.ok("instances", "create", "vm", *INSTANCE)
    network.ok("instances", "stop", "vm")
    assert network.ok("instances", "list", "--format=value(status)").strip() == "TERMINATED"
    network.ok("instances", "start", "vm")
    network.ok("instances", "add-labels", "vm", "--labels=owner=me")
    network.ok("instances", "add-tags", "vm", "--tags=extra")
    network.ok("instances", "add-metadata", "vm", "--metadata=k=v")
    instance = describe(network, "instances", "describe", "vm")
    assert instance["labels"] == {"stack": "ci", "owner": "me"}
    assert instance["tags"]["items"] == ["extra", "node"]
    assert network.ok("instances", "get-serial-port-output", "vm").strip() == ""


def test_catalogue_is_listed(gcloud):
    family = ("--project=ubuntu-os-cloud", "--format=value(name)")
    image = gcloud.ok("images", "describe-from-family", "ubuntu-2204-lts", *family)
    assert image.startswith("ubuntu-2204-jammy-v")
    machine = describe(gcloud, "machine-types", "describe", "n2-standard-16")
    assert machine["guestCpus"] == 16
    assert "us-east4-a" in gcloud.ok("zones", "list", "--format=value(name)").split()
    metrics = [quota["metric"] for quota in describe(gcloud, "project-info", "describe")["quotas"]]
    assert "NETWORKS" in metrics


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("networks", "create", "net", "--subnet-mode=custom"), "already exists"),
        (("networks", "delete", "net"), "is already being used by"),
        (("instances", "delete", "gone"), "was not found"),
        (
            ("networks", "subnets", "create", "s", "--network=net", "--range=10.0.3.0/25"),
            "conflicts with existing subnetwork 'sub' in region 'us-east4'",
        ),
    ],
    ids=["taken", "in use", "missing", "overlap"],
)
def test_refusal_reaches_the_user_in_googles_words(network, arguments, message):
    done = network.run(*arguments)
    assert done.returncode == 1
    assert message in done.stderr
