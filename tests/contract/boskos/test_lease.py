"""Lease: how the job's client and heartbeat react to the answers of both servers."""

import threading
import time

import pytest

from host.errors import RefusedError
from job.cloud.boskos.client import LostError
from job.cloud.boskos.lease import Holder, NoneFreeError, Pace, hold
from tests.contract.boskos.conftest import KIND, PROJECTS

PACE = Pace(acquire_limit_s=60, heartbeat_s=0.05, poll_s=0.05, retry_s=0.05)
ONCE = Pace(acquire_limit_s=0)
HOLDER = {"pause": time.sleep, "on_lost": lambda: None, "say": print}


def held(server, kind=KIND, *, pace=PACE, **holder):
    return hold(server.client("me"), kind, pace=pace, holder=Holder(**HOLDER | holder))


def states(server):
    return server.ask("metric", "GET", type=KIND).json()["current"]


def test_a_lease_lasts_for_its_block_and_is_given_back_dirty(server):
    with held(server) as lease:
        assert lease.name in PROJECTS
        assert states(server) == {"busy": 1, "free": 3}

    assert not lease.lost.is_set()
    assert states(server) == {"dirty": 1, "free": 3}


def test_one_that_an_older_janitor_cleaned_is_taken_too(server):
    server.lease_all("a")
    server.ask("release", name="two", dest="clean", owner="a")

    with held(server, pace=ONCE) as lease:
        assert lease.name == "two"


def test_none_free_is_waited_for(server):
    server.lease_all("a")

    def pause(_seconds):
        server.ask("release", name="three", dest="free", owner="a")

    with held(server, pause=pause) as lease:
        assert lease.name == "three"


def test_none_free_is_told_when_the_wait_is_over(server):
    server.lease_all("a")

    with pytest.raises(NoneFreeError), held(server, pace=ONCE):
        pass


@pytest.mark.parametrize("pace", [PACE, ONCE], ids=["waits", "asks once"])
def test_a_type_that_the_server_lacks_is_refused_at_once(server, pace):
    with (
        pytest.raises(RefusedError, match="no resources of type 'aws'"),
        held(server, "aws", pace=pace, pause=pytest.fail),
    ):
        pass


def test_who_waits_keeps_a_place_before_who_comes_later(server):
    first, second = server.client("first"), server.client("second")
    server.lease_all("a")
    assert first.acquire(KIND, will_ask_again=True) is None
    server.ask("release", name="one", dest="free", owner="a")

    assert second.acquire(KIND, will_ask_again=True) is None
    assert first.acquire(KIND, will_ask_again=True) == "one"


@pytest.mark.parametrize("how", ["reaped", "re-leased", "moved"])
def test_a_lost_lease_is_noticed_by_the_heartbeat(server, how):
    lost = threading.Event()
    with held(server, on_lost=lost.set) as lease:
        if how == "moved":
            server.ask("release", name=lease.name, dest="dirty", owner="me")
        else:
            server.ask("reset", type=KIND, state="busy", dest="free", expire="0s")
        if how == "re-leased":
            server.lease_all("other")
        assert lost.wait(60)

    assert states(server).get("dirty", 0) == (how == "moved")


@pytest.mark.parametrize("action", ["update", "release"])
@pytest.mark.parametrize("name", ["mine", "unknown"])
def test_what_is_not_ours_is_lost(server, action, name):
    leased = server.client("other").acquire(KIND)

    with pytest.raises(LostError):
        getattr(server.client("me"), action)(leased if name == "mine" else name)
    assert states(server) == {"busy": 1, "free": 3}
