"""Ranch: owners, states and queue places are enforced, and time limits take effect."""

import pytest

from localcloud.boskos.ranch import (
    REQUEST_TTL_S,
    NotFoundError,
    OwnerError,
    Ranch,
    Resource,
    StateError,
)
from localcloud.compute_api.clock import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def ranch(clock):
    """Two projects; an owner without heartbeats loses them after 100 s, and cleaning takes 10 s."""
    resources = [Resource(name=name, type="p") for name in ("one", "two")]
    return Ranch(resources, clock, reap_after_s=100, clean_after_s=10)


def acquire(ranch, owner, request_id=""):
    return ranch.acquire("p", "free", "busy", owner, request_id).name


def states(ranch):
    return {item.name: (item.state, item.owner) for item in ranch.resources()}


def test_a_resource_is_lent_once(ranch):
    assert [acquire(ranch, "a"), acquire(ranch, "b")] == ["one", "two"]
    with pytest.raises(NotFoundError):
        acquire(ranch, "c")


def test_what_has_an_owner_is_not_lent_whatever_its_state(ranch):
    ranch.put("one", state="free", owner="a")

    assert acquire(ranch, "b") == "two"


def test_the_one_that_rested_longest_is_lent(ranch, clock):
    acquire(ranch, "a")
    clock.advance(1)
    ranch.release("one", "free", "a")

    assert acquire(ranch, "b") == "two"


def test_only_the_owner_may_update_and_release(ranch):
    acquire(ranch, "a")

    with pytest.raises(OwnerError):
        ranch.update("one", "busy", "b")
    with pytest.raises(OwnerError):
        ranch.release("one", "dirty", "b")
    assert states(ranch)["one"] == ("busy", "a")


def test_an_update_in_another_state_is_refused(ranch):
    acquire(ranch, "a")

    with pytest.raises(StateError):
        ranch.update("one", "free", "a")


@pytest.mark.parametrize("change", [Ranch.update, Ranch.release], ids=["update", "release"])
def test_an_unknown_resource_is_not_found(ranch, change):
    with pytest.raises(NotFoundError):
        change(ranch, "three", "busy", "a")


def test_a_second_release_is_refused(ranch):
    """After the first release, the project has no owner."""
    acquire(ranch, "a")
    ranch.release("one", "dirty", "a")

    with pytest.raises(OwnerError):
        ranch.release("one", "dirty", "a")


def test_a_silent_owner_loses_the_resource(ranch, clock):
    acquire(ranch, "silent")
    acquire(ranch, "alive")
    clock.advance(60)
    ranch.update("two", "busy", "alive")
    clock.advance(60)

    assert states(ranch) == {"one": ("dirty", ""), "two": ("busy", "alive")}


def test_a_released_resource_is_free_once_it_is_cleaned(ranch, clock):
    acquire(ranch, "a")
    ranch.release("one", "dirty", "a")
    clock.advance(9)
    assert states(ranch)["one"] == ("dirty", "")
    clock.advance(1)

    assert states(ranch)["one"] == ("free", "")


def test_who_waits_is_served_in_the_order_of_coming(ranch):
    acquire(ranch, "a")
    acquire(ranch, "b")
    for waiting in ("c", "d"):
        with pytest.raises(NotFoundError):
            acquire(ranch, waiting, waiting)
    ranch.release("one", "free", "a")

    for impatient in (("d", "d"), ("e", "")):
        with pytest.raises(NotFoundError):
            acquire(ranch, *impatient)
    assert acquire(ranch, "c", "c") == "one"


def test_a_place_is_lost_by_silence(ranch, clock):
    acquire(ranch, "a")
    acquire(ranch, "b")
    with pytest.raises(NotFoundError):
        acquire(ranch, "c", "c")
    ranch.release("one", "free", "a")
    clock.advance(REQUEST_TTL_S + 1)

    assert acquire(ranch, "d") == "one"
