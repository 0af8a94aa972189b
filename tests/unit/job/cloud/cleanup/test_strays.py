"""Strays: what the state does not know, and nothing of what it knows."""

import pytest

from job.cloud.cleanup import strays
from job.cloud.cleanup.search import Leftover

# The real one; the tests of this folder have a stand-in at its name.
from job.cloud.cleanup.strays import remove
from job.cloud.kinds import DISKS, INSTANCES
from stacks.naming import Owner

ZONE = "projects/p/zones/us-east4-a"
OWNER = Owner("capo-e2e", "ci")


@pytest.fixture
def removed(monkeypatch):
    """What is asked to be removed, of one instance with its disk in the cloud."""
    asked = []
    found = [
        Leftover(kind=kind, path=f"{ZONE}/{kind.collection}/capo-e2e-ci-worker", owner=OWNER)
        for kind in (INSTANCES, DISKS)
    ]
    monkeypatch.setattr(strays, "Api", lambda *_: None)
    monkeypatch.setattr(strays, "leftovers", lambda *_: found)
    monkeypatch.setattr(strays, "remove_all", lambda _, targets: asked.extend(targets) or [])
    return asked


def test_what_the_state_does_not_know_goes(pulumi, removed):
    remove(pulumi, [], 10)

    assert [each.kind for each in removed] == [INSTANCES, DISKS]


def test_the_disk_of_a_known_instance_stays_although_nobody_uses_it_yet(pulumi, removed):
    """It is there first, and could not be deleted for as long as the instance lives."""
    remove(pulumi, [f"{ZONE}/instances/capo-e2e-ci-worker"], 10)

    assert removed == []
