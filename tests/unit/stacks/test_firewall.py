"""Firewall: one rule for each group, for tagged instances only, and none without a source."""

import pytest

from stacks.firewall import Allow, Firewall, FirewallArgs
from stacks.naming import Owner

OWNER = Owner("capo-e2e", "test")
SSH = Allow(
    group="ssh",
    protocols={"tcp": ("22",)},
    source_ranges=["192.0.2.0/24"],
    target_tag="capo-e2e-test-node",
)


@pytest.fixture
def firewall(run_program):
    def run(*rules):
        args = FirewallArgs(owner=OWNER, network="vpc", rules=rules)
        return run_program(lambda: Firewall("firewall", args))

    return run


def test_a_rule_admits_ports_from_ranges_to_a_tag(firewall):
    assert firewall(SSH).named("ssh") == {
        "name": "capo-e2e-test-allow-ssh",
        "network": "vpc",
        "direction": "INGRESS",
        "allows": [{"protocol": "tcp", "ports": ["22"]}],
        "sourceRanges": ["192.0.2.0/24"],
        "targetTags": ["capo-e2e-test-node"],
        "description": OWNER.description,
    }


def test_a_protocol_without_ports_is_admitted_whole(firewall):
    rule = Allow(
        group="internal",
        protocols={"tcp": (), "udp": (), "icmp": ()},
        source_ranges=["10.0.3.0/24"],
        target_tag="t",
    )

    assert firewall(rule).named("internal")["allows"] == [
        {"protocol": "tcp"},
        {"protocol": "udp"},
        {"protocol": "icmp"},
    ]


def test_a_group_without_sources_has_no_rule(firewall):
    """Compute Engine would read a rule without source ranges as 0.0.0.0/0."""
    closed = Allow(group="http", protocols={"tcp": ("80",)}, source_ranges=[], target_tag="t")

    assert firewall(SSH, closed).names("Firewall") == {"ssh"}
