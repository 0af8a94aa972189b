"""Addressing: overlapping ranges, and available addresses."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.compute_api import addressing
from localcloud.compute_api.clock import ManualClock
from localcloud.compute_api.cloud import Cloud
from localcloud.compute_api.errors import ApiError
from localcloud.compute_api.options import Options
from localcloud.compute_api.store import Resource

NETWORK_LINK = "https://www.googleapis.com/compute/v1/projects/p/global/networks/n"


@st.composite
def ranges(draw):
    prefix = draw(st.integers(min_value=20, max_value=29))
    block = draw(st.integers(min_value=0, max_value=2**prefix - 1))
    return IPv4Network((block << (32 - prefix), prefix))


def cloud_with(network: IPv4Network) -> tuple[Cloud, Resource]:
    cloud = Cloud(Options(), ManualClock())
    body = {"network": NETWORK_LINK, "ipCidrRange": str(network)}
    return cloud, cloud.store.add(
        Resource("projects/p/regions/us-east4/subnetworks/s", body | {"selfLink": "s"})
    )


@given(first=ranges(), second=ranges())
def test_overlap_is_found_exactly_when_an_address_is_shared(first, second):
    cloud, subnetwork = cloud_with(first)
    shared = first[0] <= second[-1] and second[0] <= first[-1]
    found = addressing.overlapping(cloud, NETWORK_LINK, second)
    assert found == (subnetwork if shared else None)


@given(network=ranges())
def test_four_addresses_of_a_range_belong_to_the_service(network):
    _, subnetwork = cloud_with(network)
    unusable = 0
    for address in {network[0], network[1], network[2], network[-3], network[-2], network[-1]}:
        try:
            addressing.check_usable(address, subnetwork, "f")
        except ApiError:
            unusable += 1
    assert unusable == 4


@given(network=ranges(), address=st.integers(min_value=0, max_value=2**32 - 1))
def test_address_outside_the_range_is_refused(network, address):
    _, subnetwork = cloud_with(network)
    if IPv4Address(address) not in network:
        with pytest.raises(ApiError, match="outside the network/subnetwork range"):
            addressing.check_usable(IPv4Address(address), subnetwork, "f")


@given(network=ranges())
def test_free_address_is_usable(network):
    cloud, subnetwork = cloud_with(network)
    free = IPv4Address(addressing.free_internal(cloud, subnetwork))
    addressing.check_usable(free, subnetwork, "f")


@pytest.mark.parametrize("text", ["10.0.3.7/24", "10.0.3.0", "10.0.3.0/33", "::/0", "", "x"])
def test_malformed_range_is_refused(text):
    with pytest.raises(ApiError):
        addressing.parse_subnet_range(text, "resource.ipCidrRange")
