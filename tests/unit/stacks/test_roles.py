"""Roles: differences between the nodes, and the zones of each."""

from dataclasses import replace

import pytest

from stacks.naming import ROLES
from stacks.roles import node_role, node_roles


def test_the_controller_is_alone_without_a_worker(make_settings):
    assert list(node_roles(make_settings())) == ["controller", "worker"]
    assert list(node_roles(make_settings(worker="false"))) == ["controller"]


def test_each_node_has_values_of_its_own(make_settings):
    given = {"controllerIp": "10.0.3.20", "workerIp": "10.0.3.21", "workerZone": "us-east4-c"}
    nodes = node_roles(make_settings(**given)).values()

    assert [(node.instance, node.internal_ip, node.zone) for node in nodes] == [
        ("capo-e2e-test-controller", "10.0.3.20", "us-east4-a"),
        ("capo-e2e-test-worker", "10.0.3.21", "us-east4-c"),
    ]


def test_the_worker_has_time_to_wait_for_the_controller(settings):
    nodes = node_roles(settings)

    assert nodes["controller"].stack_deadline_s == settings.node_deadline_s
    assert nodes["worker"].stack_deadline_s > settings.node_deadline_s


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("pinned", "present", "zones"),
    [
        ("", "", ["a", "b", "c"]),
        ("", "b", ["b", "a", "c"]),
        ("", "gone", ["a", "b", "c"]),
        ("d", "b", ["d"]),
    ],
)
def test_a_node_goes_where_it_is_pinned_else_stays_else_takes_the_first(
    settings, role, pinned, present, zones
):
    given = replace(settings, zones=("a", "b", "c"), **{f"{role}_zone": pinned})

    assert node_role(given, role).zones_to_try(present) == zones
