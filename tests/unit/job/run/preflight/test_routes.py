"""Routes: read from the kernel's routing table."""

import sys
from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from job.run.preflight.routes import Route, parse, routes

HEADER = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
NETWORKS = st.builds(
    lambda number, length: IPv4Network((number, length), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)


def kernel(address):
    """Return an address as /proc shows it: a number in the CPU's byte order."""
    return f"{int.from_bytes(address.packed, sys.byteorder):08X}"


def line(network, device, flags=1):
    fields = (device, kernel(network.network_address), "00000000", f"{flags:04X}", 0, 0, 100)
    return "\t".join(map(str, (*fields, kernel(network.netmask), 0, 0, 0))) + "  \n"


@given(st.lists(st.tuples(NETWORKS, st.sampled_from(["eth0", "br-1", "*"]))))
def test_every_route_is_read_as_it_was_written(table):
    text = HEADER + "".join(line(network, device) for network, device in table)

    assert list(parse(text)) == [Route(network=net, device=device) for net, device in table]


def test_a_table_of_a_real_pod_is_read():
    text = (
        HEADER
        + "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        + "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    default, own = parse(text)

    assert default.is_default
    assert own == Route(network=IPv4Network("192.0.2.0/24"), device="eth0")
    assert not own.is_default


def test_a_route_that_is_down_leads_nowhere():
    assert list(parse(HEADER + line(IPv4Network("10.0.3.0/24"), "eth0", flags=0))) == []


def test_the_halves_of_a_vpn_are_the_default_route():
    halves = [
        Route(network=IPv4Network(net), device="tun0") for net in ("0.0.0.0/1", "128.0.0.0/1")
    ]

    assert all(half.is_default for half in halves)


def test_a_system_without_the_table_has_no_routes(tmp_path):
    assert routes(tmp_path) == []


def test_this_machines_own_table_can_be_read():
    assert all(isinstance(route.network, IPv4Network) for route in routes())
