"""Internal addresses: reserved before, while and after an instance uses them."""

import pytest
from google.api_core import exceptions

from tests.contract.work import REGION, ZONE, OperationFailedError, instance_body

IP = "10.0.3.15"


@pytest.fixture
def subnetwork(work):
    return work.subnetwork(work.network())


@pytest.fixture
def node(work, subnetwork):
    """Create an instance with the address."""

    def make(name):
        body = instance_body(work, subnetwork, name, network_i_p=IP)
        return work.make(work.instances, name, zone=ZONE, instance_resource=body)

    return make


@pytest.fixture
def reserve(work, subnetwork):
    """Reserve the address; the test's instance is deleted first, then the reservation."""

    def make(suffix):
        fields = {"address_type": "INTERNAL", "subnetwork": subnetwork.self_link}
        made = work.address(suffix, address=IP, **fields)
        # Delete the instance first: a reservation in use cannot be deleted.
        instance = {"project": work.cloud.project, "zone": ZONE, "instance": work.cloud.prefix}
        work.stack.callback(work.remove, work.instances, **instance)
        return made

    return make


def test_an_instance_takes_a_free_address_without_a_reservation(work, node):
    (nic,) = node(work.cloud.prefix).network_interfaces
    assert nic.network_i_p == IP


def test_the_address_of_an_instance_can_be_reserved(work, node, reserve):
    instance = node(work.cloud.prefix)
    held = reserve("later")
    assert (held.status, list(held.users)) == ("IN_USE", [instance.self_link])


def test_a_reservation_of_any_name_admits_an_instance(work, node, reserve):
    held = reserve("before")
    assert held.status == "RESERVED"
    instance = node(work.cloud.prefix)
    where = {"project": work.cloud.project, "region": REGION, "address": held.name}
    assert list(work.addresses.get(**where).users) == [instance.self_link]


def test_a_second_reservation_fails_in_the_operation(reserve):
    reserve("one")
    with pytest.raises(OperationFailedError, match=rf"IP_IN_USE.*'{IP}' is already being"):
        reserve("two")


def test_a_reservation_is_not_deleted_while_an_instance_has_the_address(work, node, reserve):
    """Google documents no answer for this case; run on Google Cloud, this test finds it out."""
    node(work.cloud.prefix)
    held = reserve("later")
    where = {"project": work.cloud.project, "region": REGION, "address": held.name}
    with pytest.raises(exceptions.BadRequest, match="is already being used by"):
        work.addresses.delete_unary(**where)
