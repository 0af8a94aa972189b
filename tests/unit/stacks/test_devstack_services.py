"""DevStack services: the services of each role, and the refusal of others with a remedy."""

import pytest

from stacks.devstack_services import KNOWN, enabled_services, lint, ovn_agent
from stacks.settings import Settings

OCTAVIA = ("octavia", "o-api", "o-cw", "o-hm", "o-hk", "o-da")


def settings(**values: object) -> Settings:
    return Settings(stack="ci", project="test", **values)


def problems(key: str, *names: str, **values: object) -> list[tuple[str, str, str]]:
    return list(lint(settings(**{key: names}, **values), key))


def test_the_worker_runs_compute_volumes_and_agents_only():
    assert enabled_services(settings(release="2026.1"), "worker") == (
        *("n-cpu", "placement-client", "ovn-controller", "ovs-vswitchd", "ovsdb-server"),
        *("c-vol", "q-ovn-agent"),
    )


def test_the_controller_runs_all_that_the_worker_runs():
    """It is also the first of two compute nodes."""
    controller = enabled_services(settings(), "controller")

    assert set(enabled_services(settings(), "worker")) < set(controller)


def test_no_service_is_there_twice():
    services = enabled_services(settings(additional_services=("c-bak", "n-cpu")), "controller")

    assert len(services) == len(set(services))


@pytest.mark.parametrize(
    ("release", "agent"),
    [("2025.1", "q-ovn-metadata-agent"), ("2025.2", "q-ovn-agent"), ("2026.1", "q-ovn-agent")],
)
@pytest.mark.parametrize("role", ["controller", "worker"])
def test_exactly_one_agent_serves_metadata(release, agent, role):
    """It is the agent in the release's own default list."""
    services = enabled_services(settings(release=release), role)

    assert [name for name in services if name.startswith("q-ovn")] == [agent]
    assert ovn_agent(release) == agent


def test_horizon_and_additional_services_stay_on_the_controller():
    """Today's scripts run Horizon on the worker, too."""
    wanted = settings(horizon=True, additional_services=("c-bak", "tempest"))

    assert enabled_services(wanted, "controller")[-3:] == ("c-bak", "tempest", "horizon")
    assert not {"horizon", "c-bak", "tempest"} & set(enabled_services(wanted, "worker"))


def test_what_watches_a_node_runs_on_both():
    wanted = settings(additional_services=("dstat",))

    assert all("dstat" in enabled_services(wanted, role) for role in ("controller", "worker"))


def test_disabled_services_run_nowhere():
    wanted = settings(disabled_services=(*OCTAVIA, "n-novnc"))

    assert not {*OCTAVIA, "n-novnc"} & set(enabled_services(wanted, "controller"))


def test_our_own_services_are_known():
    every = settings(horizon=True)

    for release in ("2025.1", "2026.1"):
        assert set(enabled_services(settings(release=release), "controller")) <= KNOWN
    assert set(enabled_services(every, "controller")) <= KNOWN
    assert not list(lint(every, "additional_services"))


def test_a_misspelt_service_is_refused_with_the_nearest():
    """DevStack would accept it and run nothing."""
    assert problems("additional_services", "ovs-switchd") == [
        ("ovs-switchd", "is no DevStack service", "did you mean 'ovs-vswitchd'?")
    ]


def test_a_name_near_to_nothing_is_refused_without_advice():
    assert problems("additional_services", "%%%") == [
        ("%%%", "is no DevStack service", "remove it")
    ]


@pytest.mark.parametrize(
    ("key", "names", "others", "reason"),
    [
        ("additional_services", ("c-bak", "c-bak"), {}, "is named twice"),
        ("additional_services", ("c-bak",), {"disabled_services": ("c-bak",)}, "is both"),
        ("additional_services", ("horizon",), {}, "belongs to the controller alone"),
        ("additional_services", ("q-l3",), {}, "another Neutron back end"),
        ("additional_services", ("q-ovn-metadata-agent",), {}, "would serve metadata twice"),
        ("disabled_services", ("horizon",), {"horizon": True}, "is disabled and asked for"),
        ("disabled_services", ("n-cpu",), {}, "is needed"),
        ("disabled_services", ("q-ovn-agent",), {}, "is needed"),
        ("disabled_services", ("o-api",), {}, "is of no use to disable alone"),
        ("disabled_services", ("c-vol",), {}, "is of no use to disable alone"),
    ],
)
def test_contradictions_are_refused(key, names, others, reason):
    found = problems(key, *names, release="2025.2", **others)

    assert found
    assert all(name == names[0] and reason in why and remedy for name, why, remedy in found)


@pytest.mark.parametrize(
    "names", [(), OCTAVIA, ("c-api", "c-sch", "c-vol"), ("n-novnc",), ("neutron-trunk",), ("q-l3",)]
)
def test_what_the_cloud_stands_without_can_be_disabled(names):
    """Services that we do not enable may be named too, so that plugins do not enable them."""
    assert problems("disabled_services", *names) == []
