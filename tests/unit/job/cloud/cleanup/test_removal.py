"""Strays: resources of the stack that its state does not know are deleted, all others kept."""

import pytest

from job.cloud.cleanup import removal

# The real one; the tests of this folder have a stand-in at its name.
from job.cloud.cleanup.removal import remove_strays
from job.cloud.cleanup.search import Leftover
from job.cloud.kinds import DISKS, INSTANCES
from stacks.naming import Owner

ZONE = "projects/p/zones/us-east4-a"
OWNER = Owner("capo-e2e", "ci")


@pytest.fixture
def removed(monkeypatch):
    """The resources that would be deleted; the cloud has one instance and its disk."""
    asked = []
    found = [
        Leftover(kind=kind, path=f"{ZONE}/{kind.collection}/capo-e2e-ci-worker", owner=OWNER)
        for kind in (INSTANCES, DISKS)
    ]
    monkeypatch.setattr(removal, "Api", lambda *_: None)
    monkeypatch.setattr(removal, "leftovers", lambda *_: found)
    monkeypatch.setattr(removal, "remove", lambda _, targets: asked.extend(targets) or [])
    return asked


def test_what_the_state_does_not_know_goes(pulumi, removed):
    remove_strays(pulumi, [], 10)

    assert [each.kind for each in removed] == [INSTANCES, DISKS]


def test_the_disk_of_a_known_instance_stays_although_nobody_uses_it_yet(pulumi, removed):
    """It is there first, and could not be deleted for as long as the instance lives."""
    remove_strays(pulumi, [f"{ZONE}/instances/capo-e2e-ci-worker"], 10)

    assert removed == []
