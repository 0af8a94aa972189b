"""Names: texts that Compute Engine, its labels and Nova accept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks import configuration
from stacks.problems import SettingsError


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("clusterName", "Capo", "'Capo-test' (cluster name, '-', stack name) is no name"),
        ("clusterName", "1capo", "is no name for a Compute Engine resource"),
        ("clusterName", "c" * 40, "has 45 characters; shorten cluster or stack name to 43"),
        ("labels", '["pr"]', "'pr' is no label"),
        ("labels", '["pr="]', "'pr=' is no label"),
        ("labels", '["PR=1"]', "'PR=1' is no label"),
        ("labels", '["pr=1", "pr=2"]', "'pr' is taken"),
        ("labels", '["devstack-stack=1"]', "'devstack-stack' is taken"),
        ("region", "us_east4", "'us_east4' is no region"),
        ("zones", "[]", "no zone; name zones of us-east4"),
        ("zones", '["us-west1-a"]', "'us-west1-a' is no zone of region us-east4"),
        ("workerZone", "us-east4", "'us-east4' is no zone of region us-east4"),
        ("primaryAz", "a:b", "'a:b' is no AZ name"),
        ("primaryAz", "", "'' is no AZ name"),
        ("primaryAz", "nova", "'nova' is Nova's default AZ"),
        ("secondaryAz", "internal", "'internal' is the AZ of Nova's own services"),
        ("secondaryAz", "testaz1", "'testaz1' is the primary AZ too"),
    ],
)
def test_what_is_no_name_is_refused(refusals, key, value, complaint):
    assert any(complaint in line for line in refusals(**{key: value}))


@pytest.mark.parametrize(
    ("key", "value"),
    [("workerZone", "anywhere"), ("secondaryAz", "testaz1"), ("secondaryAz", "a:b")],
)
def test_without_a_worker_nothing_of_a_worker_is_demanded(refusals, key, value):
    assert refusals(**{key: value, "worker": "false"}) == []
    assert refusals(**{key: value})


def test_zones_to_try_are_not_needed_by_nodes_that_are_pinned(refusals):
    pinned = {"zones": "[]", "controllerZone": "us-east4-a"}

    assert refusals(**pinned, worker="false") == []
    assert refusals(**pinned, workerZone="us-east4-b") == []
    assert refusals(**pinned)[0].startswith("devstack:zones: no zone")


@given(st.text(min_size=1, max_size=50), st.text(min_size=1, max_size=30))
def test_an_accepted_prefix_names_every_resource(cluster, stack):
    """Even our longest name stays within Compute Engine's limit."""
    try:
        settings = configuration.parse({"clusterName": cluster}, stack=stack, project="capo")
    except SettingsError:
        return
    longest = f"{settings.owner.network}-controller-external"
    assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", longest)
