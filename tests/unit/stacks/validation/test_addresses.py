"""Addresses: impossible values are refused, with a remedy that works."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks import configuration
from stacks.problems import SettingsError


def lines_of(**given: str) -> list[str]:
    """Return the refusal of a configuration, for property tests, which cannot use fixtures."""
    try:
        configuration.parse(given, stack="test", project="capo")
    except SettingsError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("internalCidr", "10.0.3.7/24", "has host bits set; use '10.0.3.0/24'"),
        ("internalCidr", "10.0.3.0/30", "is too small; use a prefix of /29 or wider"),
        ("internalCidr", "10.0.3", "is no IPv4 range; write it like 10.0.3.0/24"),
        ("internalCidr", "fd00::/64", "is no IPv4 range"),
        ("internalCidr", "10.0.3.0/255.255.255.0", "is not in the usual form; use '10.0.3.0/24'"),
        ("internalCidr", "10.0.3.0", "has no prefix length; use '10.0.3.0/32' for one address"),
        ("internalCidr", "", "is no IPv4 range"),
        ("controllerIp", "10.0.4.15", "is outside devstack:internalCidr '10.0.3.0/24'"),
        ("controllerIp", "10.0.3.0", "is the network's own address"),
        ("controllerIp", "10.0.3.1", "is the gateway's address"),
        ("workerIp", "10.0.3.254", "is reserved by Google address"),
        ("workerIp", "10.0.3.255", "is the broadcast's address"),
        ("workerIp", "10.0.3.15", "is the controller's too"),
        ("workerIp", "worker", "is no IPv4 address; choose one of 10.0.3.2 to 10.0.3.253"),
        ("tenantCidr", "10.0.0.0/22", "overlaps devstack:internalCidr '10.0.3.0/24'"),
        ("floatingCidr", "10.0.3.128/25", "overlaps devstack:internalCidr"),
        ("floatingCidr", "172.18.4.0/24", "overlaps 172.18.0.0/16 (kind's Docker network)"),
        ("tenantCidr", "10.0.2.0/25", "overlaps 10.0.2.0/24 (slirp4netns"),
        ("dnsNameservers", '["dns.example"]', "is no IPv4 address"),
        ("dnsNameservers", "[]", "no DNS server"),
        ("mtu", "1299", "1299 bytes; choose 1300 to 8896"),
        ("existingNetwork", "vpc", "empty although devstack:existingNetwork is set"),
        ("existingSubnetwork", "sub", "empty although devstack:existingSubnetwork is set"),
    ],
)
def test_what_cannot_work_is_refused(refusals, key, value, complaint):
    assert any(complaint in line for line in refusals(**{key: value}))


def test_docker_default_pools_beside_kind_are_accepted(refusals):
    """Today's floating range lies in a pool; the job's preflight checks real networks."""
    assert refusals(floatingCidr="172.24.4.0/24") == []


def test_a_worker_that_is_not_built_needs_no_address(refusals):
    assert refusals(worker="false", workerIp="10.0.3.15") == []


@given(
    st.integers(min_value=0, max_value=2**32 - 1),
    st.integers(min_value=0, max_value=32),
)
def test_the_remedy_for_host_bits_is_a_range(number, prefix):
    """The range that an error suggests is itself accepted."""
    value = f"{ipaddress.IPv4Address(number)}/{prefix}"
    for line in lines_of(internalCidr=value):
        if "has host bits set; use '" in line:
            suggestion = line.rpartition("use '")[2].rstrip("'")
            assert ipaddress.IPv4Network(suggestion)


@given(st.integers(min_value=0, max_value=255))
def test_of_a_subnetwork_just_what_google_leaves_is_accepted(last):
    """Google reserves the network, the gateway and the last two addresses."""
    lines = lines_of(controllerIp=f"10.0.3.{last}")

    assert (lines == []) == (2 <= last <= 253 and last != 16)


@given(st.text())
def test_any_text_is_a_range_or_refused(text):
    for line in lines_of(internalCidr=text, sshSourceRanges="[]"):
        assert line.startswith("devstack:")
