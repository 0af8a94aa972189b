"""Gcp: each type from creation to deletion, on the Compute API double."""

import grpc
import pytest

from localcloud.plugins.values import UNKNOWN, from_struct
from tests.unit.localcloud.plugins.gcp_plugin import (
    ADDRESS,
    FIREWALL,
    HOST,
    IMAGE,
    INSTANCE,
    NAT,
    NETWORK,
    ROUTER,
    SUBNETWORK,
)
from tests.unit.localcloud.plugins.plugin_process import failure

IDS = {
    NETWORK: "projects/{}/global/networks/net",
    SUBNETWORK: "projects/{}/regions/us-east4/subnetworks/sub",
    ADDRESS: "projects/{}/regions/us-east4/addresses/ip",
    FIREWALL: "projects/{}/global/firewalls/fw",
    ROUTER: "projects/{}/regions/us-east4/routers/router",
    NAT: "{}/us-east4/router/nat",
    INSTANCE: "projects/{}/zones/us-east4-a/instances/node",
    IMAGE: "projects/{}/global/images/image",
}
KINDS = pytest.mark.parametrize("kind", IDS)


@KINDS
def test_ids_are_the_real_ones(gcp, kind):
    """Each plugin must understand the state of the other."""
    assert gcp.make(kind).id == IDS[kind].format(gcp.project)


@KINDS
def test_nothing_changes_after_creation_and_after_a_refresh(gcp, kind):
    """The first rule of a provider: after an apply, and after a refresh, the plan is empty."""
    made = gcp.make(kind)
    assert gcp.changes(made) == {}
    again = gcp.refresh(made)
    assert (again.raw_state, again.inputs) == (made.raw_state, made.inputs)
    assert gcp.changes(again) == {}


@KINDS
def test_a_preview_promises_only_what_creation_keeps(gcp, kind):
    """Known values of a preview are those of the created resource; all others are unknown."""
    made = gcp.make(kind)
    previewed = gcp.preview(kind, made.inputs)
    assert UNKNOWN in previewed.values()
    for name, value in previewed.items():
        if isinstance(value, str | int | bool):
            assert made.state[name] == value, name
    assert previewed.keys() <= made.state.keys()


@KINDS
def test_deletion_deletes_and_twice_is_no_error(gcp, kind):
    """An interrupted destroy is repeated."""
    made = gcp.make(kind)
    gcp.delete(made)
    assert gcp.refresh(made) is None
    if kind != INSTANCE:
        gcp.delete(made)


@KINDS
def test_an_import_gives_inputs_that_are_accepted_and_change_nothing(gcp, kind):
    """Existing resources are adopted by import, since creating them again fails."""
    made = gcp.make(kind)
    found = gcp.plugin.read(kind, made.id)
    inputs = from_struct(found.inputs)
    checked, failures = gcp.plugin.check(kind, inputs)
    assert (found.id, checked, failures) == (made.id, inputs, {})
    state = from_struct(found.properties)
    changes = gcp.plugin.diff(kind, state, inputs).detailedDiff.keys()
    # An imported resource has no labels of the program, so the provider adds its own.
    assert changes <= {'pulumiLabels["goog-pulumi-provisioned"]'}


@KINDS
def test_an_import_of_what_is_not_there_finds_nothing(gcp, kind):
    """The engine then reports that the resource does not exist."""
    resource_id = IDS[kind].format(gcp.project)
    assert not gcp.plugin.read(kind, resource_id).id


@KINDS
def test_a_second_creation_fails(gcp, kind):
    """A creation never adopts an existing resource."""
    made = gcp.make(kind)
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
    """The old resource is deleted first if the name stays."""
    made = gcp.make(kind)
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
    """The API supports PATCH."""
    made = gcp.network()
    assert gcp.changes(made, mtu=1500) == {"mtu": ("update", False)}
    changed = gcp.update(made, mtu=1500)
    assert changed.state["mtu"] == 1500
    assert gcp.changes(changed) == {}


def test_a_property_that_is_given_no_more_stays_or_goes_back(gcp):
    """The API decides the MTU; a firewall's priority has a default."""
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
    """A larger range is an update in place; any other range needs a new subnetwork."""
    made = gcp.subnetwork()
    assert gcp.changes(made, ipCidrRange="10.0.2.0/23") == {"ipCidrRange": ("update", False)}
    assert gcp.changes(made, ipCidrRange="10.0.3.0/25") == {"ipCidrRange": ("update", True)}
    assert gcp.changes(made, ipCidrRange="10.0.4.0/24") == {"ipCidrRange": ("update", True)}


@pytest.mark.parametrize("spelling", ["net", "projects/{}/global/networks/net", "{host}/{path}"])
def test_a_network_is_named_in_any_spelling(gcp, spelling):
    """A name, a path and a link of one network are equivalent."""
    made = gcp.subnetwork()
    path = f"projects/{gcp.project}/global/networks/net"
    network = spelling.format(gcp.project, host=HOST, path=path)
    assert gcp.changes(made, network=network) == {}
    assert gcp.changes(made, network=f"{network}-2") == {"network": ("update", True)}


def test_a_network_not_known_yet_is_another_one(gcp):
    """A preview that replaces the network does not know it yet."""
    made = gcp.subnetwork()
    assert gcp.changes(made, network=UNKNOWN) == {"network": ("update", True)}


def test_a_firewalls_sets_have_no_order(gcp):
    """Added and removed members are named by their index."""
    made = gcp.make(FIREWALL)
    turned = list(reversed(made.inputs["allows"]))
    assert gcp.changes(made, allows=turned) == {}
    assert gcp.changes(made, sourceRanges=["10.0.0.0/8", "192.0.2.0/24"]) == {
        "sourceRanges[1]": ("add", False)
    }
    assert gcp.changes(made, targetTags=["other"]) == {"targetTags[0]": ("update", False)}
    assert gcp.changes(made, direction="EGRESS") == {"direction": ("update", True)}


def test_a_firewall_changes_in_place(gcp):
    """Operators change ports and ranges most."""
    made = gcp.make(FIREWALL)
    allows = [{"protocol": "tcp", "ports": ["22", "80"]}]
    changed = gcp.update(made, allows=allows, sourceRanges=["192.0.2.0/24"])
    assert (changed.state["allows"], changed.state["sourceRanges"]) == (allows, ["192.0.2.0/24"])
    assert gcp.changes(changed) == {}


def test_a_nat_changes_in_place_and_leaves_its_neighbours(gcp):
    """A NAT is one entry in its router's list."""
    made = gcp.make(NAT)
    changed = gcp.update(made, minPortsPerVm=128)
    assert changed.state["minPortsPerVm"] == 128
    patches = gcp.requests("routers.patch")
    assert len(patches) == 2


def test_an_address_is_given_or_known_after_creation(gcp):
    """An external address has no subnetwork."""
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
