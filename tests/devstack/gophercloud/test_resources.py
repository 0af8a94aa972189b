"""Resources: the tests get a guest and two flavors, and nothing of it stays."""

from types import SimpleNamespace

import pytest

from tests.devstack.gophercloud import resources
from tests.devstack.guest.build import Guest

NOTHING = Guest(kernel=None, ramdisk=None, disk=None)


class Compute:
    """Nova's flavors."""

    def __init__(self):
        self.kept = {}

    def create_flavor(self, *, name, **size):
        assert name not in self.kept, "Nova refuses a second flavor of the same name"
        self.kept[name] = SimpleNamespace(id=f"id of {name}", name=name, **size)
        return self.kept[name]

    def flavors(self):
        return list(self.kept.values())

    def delete_flavor(self, number):
        del self.kept[number.removeprefix("id of ")]


@pytest.fixture
def images(monkeypatch):
    """Names of the images that are in Glance."""
    names = []
    monkeypatch.setattr(resources, "upload", lambda *given: names.append(given[-1]) or "image")
    monkeypatch.setattr(
        resources, "remove", lambda _, name: names.remove(name) if name in names else None
    )
    return names


@pytest.fixture
def admin():
    network = SimpleNamespace(find_network=lambda name, **_: SimpleNamespace(id=f"id of {name}"))
    return SimpleNamespace(compute=Compute(), network=network)


def test_the_tests_get_two_flavors_a_guest_and_the_external_network(admin, images):
    with resources.made(admin, NOTHING) as made:
        assert images == [resources.IMAGE]
        assert (made.flavor_id, made.other_flavor_id) == (
            "id of gophercloud",
            "id of gophercloud-other",
        )
        assert (made.external_network_id, made.external_network_name) == ("id of public", "public")
        assert made.image_id == "image"


def test_nothing_stays_after_a_failure_and_other_flavors_do(admin, images):
    admin.compute.create_flavor(name="m1.tiny")
    with pytest.raises(KeyboardInterrupt), resources.made(admin, NOTHING):
        raise KeyboardInterrupt

    assert not images
    assert [*admin.compute.kept] == ["m1.tiny"]


def test_the_resources_of_a_killed_run_do_not_hinder_the_next(admin, images):
    images.append(resources.IMAGE)
    for name in resources.FLAVORS:
        admin.compute.create_flavor(name=name)

    with resources.made(admin, NOTHING):
        assert images == [resources.IMAGE]
    assert not images
    assert not admin.compute.kept
