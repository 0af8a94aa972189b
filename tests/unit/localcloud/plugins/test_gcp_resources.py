"""Gcp: each type from creation to deletion, against the Compute API double."""

import grpc
import pytest

from localcloud.plugins.values import UNKNOWN, Secret, from_struct
from tests.unit.localcloud.plugins.gcp_plugin import (
    ADDRESS,
    FAMILY,
    FIREWALL,
    HOST,
    INSTANCE,
    NAT,
    NETWORK,
    ROUTER,
    SUBNETWORK,
)
from tests.unit.localcloud.plugins.plugin_process import failure


def make(gcp, kind):
    """One resource of a type, with what it needs."""
    simple = {NETWORK: gcp.network, SUBNETWORK: gcp.subnetwork, INSTANCE: gcp.instance}
    if kind in simple:
        return simple[kind]()
    return gcp.create(kind, _inputs(gcp, kind))


def _inputs(gcp, kind):
    if kind == ADDRESS:
        return {"name": "ip", "region": "us-east4", "labels": {"stack": "ci"}}
    if kind == FIREWALL:
        return {
            "name": "fw",
            "network": gcp.network().link,
            "allows": [{"protocol": "tcp", "ports": ["22"]}, {"protocol": "icmp"}],
            "sourceRanges": ["10.0.0.0/8"],
            "targetTags": ["node"],
        }
    if kind == ROUTER:
        return {"name": "router", "region": "us-east4", "network": gcp.network().link}
    return {
        "name": "nat",
        "region": "us-east4",
        "router": make(gcp, ROUTER).state["name"],
        "natIpAllocateOption": "AUTO_ONLY",
        "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
    }


IDS = {
    NETWORK: "projects/{}/global/networks/net",
    SUBNETWORK: "projects/{}/regions/us-east4/subnetworks/sub",
    ADDRESS: "projects/{}/regions/us-east4/addresses/ip",
    FIREWALL: "projects/{}/global/firewalls/fw",
    ROUTER: "projects/{}/regions/us-east4/routers/router",
    NAT: "{}/us-east4/router/nat",
    INSTANCE: "projects/{}/zones/us-east4-a/instances/node",
}
KINDS = pytest.mark.parametrize("kind", IDS)


@KINDS
def test_ids_are_the_real_ones(gcp, kind):
    """State made with one plugin must be understood by the other."""
    assert make(gcp, kind).id == IDS[kind].format(gcp.project)


@KINDS
def test_nothing_changes_after_creation_and_after_a_refresh(gcp, kind):
    """The first rule of a provider: apply, then an empty plan; and refresh says the same."""
    made = make(gcp, kind)
    assert gcp.changes(made) == {}
    again = gcp.refresh(made)
    assert (again.raw_state, again.inputs) == (made.raw_state, made.inputs)
    assert gcp.changes(again) == {}


@KINDS
def test_a_preview_promises_only_what_creation_keeps(gcp, kind):
    """What a preview knows is what the resource has; the rest is unknown."""
    made = make(gcp, kind)
    previewed = gcp.preview(kind, made.inputs)
    assert UNKNOWN in previewed.values()
    for name, value in previewed.items():
        if isinstance(value, str | int | bool):
            assert made.state[name] == value, name
    assert previewed.keys() <= made.state.keys()


@KINDS
def test_deletion_deletes_and_twice_is_no_error(gcp, kind):
    """A destroy that was interrupted is repeated."""
    made = make(gcp, kind)
    gcp.delete(made)
    assert gcp.refresh(made) is None
    if kind != INSTANCE:
        gcp.delete(made)


def test_an_instance_that_is_gone_cannot_be_deleted(gcp):
    """The real plugin does not take the 404 for success: such a destroy needs a refresh."""
    made = gcp.instance()
    gcp.delete(made)
    with pytest.raises(grpc.RpcError) as raised:
        gcp.delete(made)
    assert "* Error deleting instance: googleapi: Error 404" in failure(raised)


@KINDS
def test_an_import_gives_inputs_that_are_accepted_and_change_nothing(gcp, kind):
    """Adoption is by import: what exists already is an error on creation."""
    made = make(gcp, kind)
    found = gcp.plugin.read(kind, made.id)
    inputs = from_struct(found.inputs)
    checked, failures = gcp.plugin.check(kind, inputs)
    assert (found.id, checked, failures) == (made.id, inputs, {})
    state = from_struct(found.properties)
    changes = gcp.plugin.diff(kind, state, inputs).detailedDiff.keys()
    # Of an imported resource no label is the program's yet; the provider's own is then added.
    assert changes <= {'pulumiLabels["goog-pulumi-provisioned"]'}


@KINDS
def test_an_import_of_what_is_not_there_finds_nothing(gcp, kind):
    """The engine then says that it does not exist."""
    resource_id = IDS[kind].format(gcp.project)
    assert not gcp.plugin.read(kind, resource_id).id


@KINDS
def test_a_second_creation_fails(gcp, kind):
    """There is no adoption by creation."""
    made = make(gcp, kind)
    with pytest.raises(grpc.RpcError) as raised:
        gcp.create(kind, made.inputs)
    if kind == NAT:
        assert "* Unable to create RouterNat, existing object already found" in failure(raised)
    else:
        noun = "instance" if kind == INSTANCE else kind.rsplit(":", 1)[-1]
        assert failure(raised) == (
            f"1 error occurred:\n\t* Error creating {noun}: googleapi: Error 409: The resource"
            f" '{made.id}' already exists, alreadyExists\n\n"
        )


@KINDS
def test_the_name_replaces_and_so_does_the_place(gcp, kind):
    """And the old one goes first if the name stays."""
    made = make(gcp, kind)
    assert gcp.changes(made, name="other") == {"name": ("update", True)}
    response = gcp.plugin.diff(kind, made.state, {**made.inputs, "project": "elsewhere"})
    assert list(response.replaces) == ["project"]
    assert response.deleteBeforeReplace


def test_another_name_needs_no_deletion_first(gcp):
    """Both can exist for a while."""
    made = gcp.network()
    response = gcp.plugin.diff(NETWORK, made.state, {**made.inputs, "name": "other"})
    assert not response.deleteBeforeReplace


def test_a_network_changes_its_mtu_in_place(gcp):
    """The API takes a PATCH."""
    made = gcp.network()
    assert gcp.changes(made, mtu=1500) == {"mtu": ("update", False)}
    changed = gcp.update(made, mtu=1500)
    assert changed.state["mtu"] == 1500
    assert gcp.changes(changed) == {}


def test_a_property_that_is_given_no_more_stays_or_goes_back(gcp):
    """The API decides on an mtu; the firewall's priority has a default."""
    network = gcp.network()
    assert gcp.changes(network, mtu=None) == {}
    rule = {
        "name": "fw",
        "network": network.link,
        "denies": [{"protocol": "all"}],
        "sourceTags": ["a"],
        "priority": 900,
    }
    assert gcp.changes(gcp.create(FIREWALL, rule), priority=None) == {"priority": ("update", False)}


def test_a_subnetwork_can_grow_but_not_shrink(gcp):
    """A larger range is a change in place, any other a new subnetwork."""
    made = gcp.subnetwork()
    assert gcp.changes(made, ipCidrRange="10.0.2.0/23") == {"ipCidrRange": ("update", False)}
    assert gcp.changes(made, ipCidrRange="10.0.3.0/25") == {"ipCidrRange": ("update", True)}
    assert gcp.changes(made, ipCidrRange="10.0.4.0/24") == {"ipCidrRange": ("update", True)}


@pytest.mark.parametrize("spelling", ["net", "projects/{}/global/networks/net", "{host}/{path}"])
def test_a_network_is_named_in_any_spelling(gcp, spelling):
    """A name, a path and a link are one network."""
    made = gcp.subnetwork()
    path = f"projects/{gcp.project}/global/networks/net"
    network = spelling.format(gcp.project, host=HOST, path=path)
    assert gcp.changes(made, network=network) == {}
    assert gcp.changes(made, network=f"{network}-2") == {"network": ("update", True)}


def test_a_network_not_known_yet_is_another_one(gcp):
    """In a preview in which the network is replaced."""
    made = gcp.subnetwork()
    assert gcp.changes(made, network=UNKNOWN) == {"network": ("update", True)}


def test_a_firewalls_sets_have_no_order(gcp):
    """Members that come or go are named by their place."""
    made = make(gcp, FIREWALL)
    turned = list(reversed(made.inputs["allows"]))
    assert gcp.changes(made, allows=turned) == {}
    assert gcp.changes(made, sourceRanges=["10.0.0.0/8", "192.0.2.0/24"]) == {
        "sourceRanges[1]": ("add", False)
    }
    assert gcp.changes(made, targetTags=["other"]) == {"targetTags[0]": ("update", False)}
    assert gcp.changes(made, direction="EGRESS") == {"direction": ("update", True)}


def test_a_firewall_changes_in_place(gcp):
    """Ports and ranges are what operators change."""
    made = make(gcp, FIREWALL)
    allows = [{"protocol": "tcp", "ports": ["22", "80"]}]
    changed = gcp.update(made, allows=allows, sourceRanges=["192.0.2.0/24"])
    assert (changed.state["allows"], changed.state["sourceRanges"]) == (allows, ["192.0.2.0/24"])
    assert gcp.changes(changed) == {}


def test_a_nat_changes_in_place_and_leaves_its_neighbours(gcp):
    """It is one entry of its router's list."""
    made = make(gcp, NAT)
    changed = gcp.update(made, minPortsPerVm=128)
    assert changed.state["minPortsPerVm"] == 128
    patches = gcp.requests("routers.patch")
    assert len(patches) == 2


def test_an_address_is_given_or_known_after_creation(gcp):
    """And an external one has no subnetwork."""
    subnetwork = gcp.subnetwork().link
    inputs = {
        "name": "internal",
        "region": "us-east4",
        "addressType": "INTERNAL",
        "subnetwork": subnetwork,
        "address": "10.0.3.15",
    }
    internal = gcp.create(ADDRESS, inputs)
    external = gcp.create(ADDRESS, {"name": "external", "region": "us-east4"})
    assert gcp.preview(ADDRESS, external.inputs)["address"] is UNKNOWN
    assert internal.state["address"] == "10.0.3.15"
    assert (external.state["addressType"], external.state["region"]) == ("EXTERNAL", "us-east4")
    assert gcp.changes(internal, address="10.0.3.17") == {"address": ("update", True)}


def test_labels_that_the_provider_adds_are_secret_and_apart(gcp):
    """As in the real plugin: an input among them may have been one."""
    made = make(gcp, ADDRESS)
    everything = {"stack": "ci", "goog-pulumi-provisioned": "true"}
    assert made.state["labels"] == {"stack": "ci"}
    assert made.raw_state["pulumiLabels"] == Secret(everything)
    assert made.raw_state["effectiveLabels"] == Secret(everything)


@pytest.mark.parametrize("kind", [ADDRESS, INSTANCE])
def test_labels_change_in_place_and_those_of_others_stay(gcp, kind):
    """Somebody labels what we made; we change ours."""
    made = make(gcp, kind)
    gcp.api.add_labels(gcp.path(made), {"owner": "somebody"})
    found = gcp.refresh(made)
    assert found.state["labels"] == {"stack": "ci"}
    assert found.state["effectiveLabels"]["owner"] == "somebody"
    assert gcp.changes(found) == {}
    assert gcp.changes(found, labels={"job": "7"}).keys() == {
        "labels.stack",
        "labels.job",
        "pulumiLabels.stack",
        "pulumiLabels.job",
        "effectiveLabels.stack",
        "effectiveLabels.job",
    }
    changed = gcp.update(found, labels={"job": "7"})
    assert changed.state["effectiveLabels"] == {
        "owner": "somebody",
        "job": "7",
        "goog-pulumi-provisioned": "true",
    }


def test_a_label_of_ours_that_somebody_changed_is_put_back(gcp):
    """Refresh sees it, and the next update repairs it."""
    made = make(gcp, ADDRESS)
    gcp.api.add_labels(gcp.path(made), {"stack": "theirs"})
    found = gcp.refresh(made)
    assert found.state["labels"] == {"stack": "theirs"}
    assert gcp.changes(found, labels={"stack": "ci"})["labels.stack"] == ("update", False)
    assert gcp.update(found, labels={"stack": "ci"}).state["effectiveLabels"]["stack"] == "ci"


def test_an_instance_reports_what_programs_use(gcp):
    """Addresses, the number, and what the API filled in."""
    address = gcp.create(ADDRESS, {"name": "ip", "region": "us-east4"}).state["address"]
    subnetwork = gcp.subnetwork().link
    nics = [{"subnetwork": subnetwork, "accessConfigs": [{"natIp": address}]}]
    made = gcp.create(INSTANCE, gcp.instance_inputs(subnetwork, networkInterfaces=nics))
    nic = made.state["networkInterfaces"][0]
    assert nic["accessConfigs"] == [{"natIp": address, "networkTier": "PREMIUM"}]
    assert nic["networkIp"].startswith("10.0.3.")
    assert made.state["instanceId"].isdigit()
    assert made.state["currentStatus"] == "RUNNING"
    assert made.state["cpuPlatform"] == "Intel Cascade Lake"
    assert made.state["machineType"] == "n2-standard-8"
    assert made.state["metadata"] == {"user-data": "#cloud-config\n"}


def test_an_ephemeral_external_address_is_asked_for_by_an_empty_access_config(gcp):
    """The API picks one, which preview does not know."""
    subnetwork = gcp.subnetwork().link
    nics = [{"subnetwork": subnetwork, "accessConfigs": [{}]}]
    inputs = gcp.instance_inputs(subnetwork, networkInterfaces=nics)
    previewed = gcp.preview(INSTANCE, inputs)["networkInterfaces"][0]
    assert previewed["accessConfigs"][0]["natIp"] is UNKNOWN
    made = gcp.create(INSTANCE, inputs)
    assert made.state["networkInterfaces"][0]["accessConfigs"][0]["natIp"]
    assert gcp.changes(made) == {}


def test_an_instances_image_is_the_link_of_what_its_disk_was_made_from(gcp):
    """And a newer image in the family changes nothing; another image does."""
    made = gcp.instance()
    image = made.state["bootDisk"]["initializeParams"]["image"]
    assert image.startswith(f"{HOST}/projects/ubuntu-os-cloud/global/images/ubuntu-2404-")
    gcp.api.publish_image(
        "ubuntu-os-cloud", "ubuntu-2404-lts-amd64", f"ubuntu-2404-noble-amd64-v2099{gcp.project}"
    )
    found = gcp.refresh(made)
    assert gcp.changes(found) == {}
    assert found.inputs["bootDisk"]["initializeParams"]["image"] == FAMILY
    other = {
        "initializeParams": {**made.inputs["bootDisk"]["initializeParams"], "image": "debian-12"}
    }
    assert gcp.changes(made, bootDisk=other) == {
        "bootDisk.initializeParams.image": ("update", True)
    }


def test_user_data_has_a_path_that_the_engine_can_parse(gcp):
    """replace_on_changes in our program names it."""
    made = gcp.instance()
    changes = gcp.changes(made, metadata={"user-data": "#cloud-config\nhostname: x\n"})
    assert changes == {'metadata["user-data"]': ("update", False)}


def test_metadata_and_tags_change_in_place(gcp):
    """Each by its own method."""
    made = gcp.instance()
    changed = gcp.update(made, metadata={"a": "b"}, tags=["node"])
    assert (changed.state["metadata"], changed.state["tags"]) == ({"a": "b"}, ["node"])
    assert gcp.changes(changed) == {}


def test_a_boot_disk_grows_and_is_labelled_in_place(gcp):
    """Its image and type are for ever."""
    made = gcp.instance()
    params = made.inputs["bootDisk"]["initializeParams"]
    larger = {"initializeParams": {**params, "size": 600, "labels": {"stack": "other"}}}
    changed = gcp.update(made, bootDisk=larger)
    assert changed.state["bootDisk"]["initializeParams"]["size"] == 600
    assert gcp.changes(changed) == {}
    other = {"initializeParams": {**params, "type": "pd-balanced"}}
    assert gcp.changes(made, bootDisk=other) == {"bootDisk.initializeParams.type": ("update", True)}


def test_a_running_instance_is_not_stopped_without_leave(gcp):
    """The text is the real plugin's, with the way to give leave."""
    made = gcp.instance()
    with pytest.raises(grpc.RpcError) as raised:
        gcp.update(made, machineType="n2-standard-4")
    assert "please set allow_stopping_for_update = true" in failure(raised)
    changed = gcp.update(made, machineType="n2-standard-4", allowStoppingForUpdate=True)
    assert changed.state["machineType"] == "n2-standard-4"
    assert changed.state["currentStatus"] == "RUNNING"


def test_what_the_stand_in_does_not_change_it_refuses(gcp):
    """Rather than say that it did."""
    made = gcp.instance()
    with pytest.raises(grpc.RpcError) as raised:
        gcp.update(made, description="new")
    assert "description: this stand-in plugin does not change it in place" in failure(raised)


def test_an_external_address_is_exchanged_in_place(gcp):
    """The interface stays."""
    subnetwork = gcp.subnetwork().link
    nic = {"subnetwork": subnetwork, "networkIp": "10.0.3.16"}
    made = gcp.create(INSTANCE, gcp.instance_inputs(subnetwork, networkInterfaces=[nic]))
    changed = gcp.update(made, networkInterfaces=[{**nic, "accessConfigs": [{}]}])
    assert changed.state["networkInterfaces"][0]["accessConfigs"][0]["natIp"]
    back = gcp.update(changed, networkInterfaces=[nic])
    assert back.state["networkInterfaces"][0]["accessConfigs"] == []


def test_another_internal_address_replaces(gcp):
    """Only together with another subnetwork could it change in place."""
    made = gcp.instance()
    nic = {**made.inputs["networkInterfaces"][0], "networkIp": "10.0.3.17"}
    assert gcp.changes(made, networkInterfaces=[nic]) == {
        "networkInterfaces[0].networkIp": ("update", True)
    }


def test_spot_replaces(gcp):
    """Preemptibility is for ever; the termination action alone is not."""
    made = gcp.instance()
    spot = {"provisioningModel": "SPOT", "preemptible": True, "automaticRestart": False}
    assert gcp.changes(made, scheduling=spot) == {
        "scheduling.provisioningModel": ("update", True),
        "scheduling.preemptible": ("update", True),
        "scheduling.automaticRestart": ("update", False),
    }


def test_a_protected_instance_is_not_deleted(gcp):
    """The plugin itself refuses, before the API does."""
    made = gcp.instance(deletionProtection=True)
    with pytest.raises(grpc.RpcError) as raised:
        gcp.delete(made)
    assert "Cannot delete instance node: instance Deletion Protection is enabled" in failure(raised)
