"""Lease: acquired with a wait, kept alive, loss reported, and released exactly once."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.errors import JobError, RefusedError
from job.cloud.boskos import client
from job.cloud.boskos.client import Boskos, UnavailableError
from job.cloud.boskos.lease import Holder, NoneFreeError, Pace, hold
from localcloud.boskos.ranch import Ranch, Resource
from localcloud.boskos.server import BoskosServer, Fault
from localcloud.compute_api.clock import ManualClock
from tests.patience import PATIENCE_S

LIMITS = {"acquire_limit_s": PATIENCE_S, "release_limit_s": PATIENCE_S}
FAST = Pace(heartbeat_s=0.02, poll_s=0.02, retry_s=0.01, **LIMITS)


HOLDER = {"pause": time.sleep, "on_lost": lambda: None, "say": print}


def held(boskos, kind="gce-project", *, pace=FAST, **holder):
    """Hold a lease; by default its holder prints all messages."""
    return hold(boskos, kind, pace=pace, holder=Holder(**HOLDER | holder))


@pytest.fixture
def boskos(boskos_server):
    return Boskos(host=boskos_server.host, owner="me", limit_s=PATIENCE_S)


def test_the_project_is_busy_within_and_dirty_after(boskos, boskos_server, state_of):
    with held(boskos) as lease:
        assert state_of(lease.name) == "busy"

    assert state_of(lease.name) == "dirty"
    assert boskos_server.count("release") == 1


def test_the_holder_is_told_what_is_leased_and_released(boskos, capsys):
    with held(boskos):
        assert capsys.readouterr().out == "leased one as me\n"

    assert capsys.readouterr().out == "released one\n"


def test_who_released_early_does_not_release_again(boskos, boskos_server):
    with held(boskos) as lease:
        lease.release()

    assert [entry.action for entry in boskos_server.asked].count("release") == 1


def test_a_block_that_fails_releases_too(boskos, boskos_server):
    with pytest.raises(ZeroDivisionError), held(boskos):
        raise ZeroDivisionError

    assert boskos_server.count("release") == 1


def test_a_release_that_fails_too_does_not_hide_the_first_failure(boskos, boskos_server, capsys):
    boskos_server.faults.append(Fault(action="release", kind="error", status=403))

    with pytest.raises(ZeroDivisionError), held(boskos):
        raise ZeroDivisionError
    assert "warning: boskos: " in capsys.readouterr().out


def test_a_release_that_fails_is_a_failure(boskos, boskos_server):
    boskos_server.faults.append(Fault(action="release", kind="error", status=403))

    with pytest.raises(JobError, match="403"), held(boskos):
        pass


def test_a_release_without_an_answer_gives_up_in_time(boskos, boskos_server):
    pace = Pace(heartbeat_s=60, retry_s=0.01, release_limit_s=0.05)

    with pytest.raises(UnavailableError), held(boskos, pace=pace):
        boskos_server.stop()


def test_a_lease_that_is_found_lost_by_the_release_is_a_failure(boskos, boskos_server, state_of):
    """The job used a project that it had lost without knowing."""
    with (
        pytest.raises(JobError, match="not leased to me any more"),
        held(boskos, pace=Pace()) as lease,
    ):
        boskos_server.ranch.put(lease.name, state="busy", owner="other")
    assert state_of(lease.name) == "busy"


# Faults of a request; "lost" means that it is carried out but not answered.
FAULTS = st.lists(
    st.builds(
        Fault,
        action=st.just("release"),
        kind=st.sampled_from(["error", "lost"]),
        status=st.sampled_from([500, 502, 503]),
    ),
    max_size=4,
)


@settings(max_examples=20)
@given(faults=FAULTS)
def test_whatever_becomes_of_answers_one_release_is_carried_out(faults):
    ranch = Ranch([Resource(name="one", type="p")], ManualClock())
    with BoskosServer(ranch) as server:
        server.faults.extend(faults)
        pace = Pace(retry_s=0)
        with held(Boskos(host=server.host, owner="me", limit_s=PATIENCE_S), "p", pace=pace):
            pass

    assert server.count("release") == 1
    assert ranch.resources()[0].state == "dirty"


def test_a_project_that_gets_free_is_waited_for(boskos, boskos_server, capsys):
    for name in ("one", "two"):
        boskos_server.ranch.put(name, state="dirty")
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 5:
            boskos_server.ranch.put("two", state="free")

    with held(boskos, pace=Pace(), pause=pause) as lease:
        assert lease.name == "two"

    assert all(5 <= seconds <= 15 for seconds in pauses)
    assert len(set(pauses)) == 5
    assert capsys.readouterr().out.count("no gce-project is free") == 1


def test_who_gives_up_the_waiting_has_nothing_to_release(boskos, boskos_server):
    for name in ("one", "two"):
        boskos_server.ranch.put(name, state="dirty")

    def give_up(_seconds):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), held(boskos, pause=give_up):
        pass
    assert {entry.action for entry in boskos_server.asked} == {"acquire"}


def test_a_limit_of_zero_tries_once(boskos, boskos_server):
    for name in ("one", "two"):
        boskos_server.ranch.put(name, state="dirty")

    with (
        pytest.raises(NoneFreeError) as raised,
        held(boskos, pace=Pace(acquire_limit_s=0), pause=pytest.fail),
    ):
        pass
    assert raised.value.exit_code == 75
    assert "request_id" not in boskos_server.asked[0].parameters
    assert [entry.parameters["state"] for entry in boskos_server.asked] == ["clean", "free"]


def test_the_limit_ends_the_waiting_with_a_last_try(boskos, boskos_server):
    for name in ("one", "two"):
        boskos_server.ranch.put(name, state="dirty")
    # Long enough for the first attempt on a busy machine.
    pace = Pace(acquire_limit_s=3, poll_s=60)

    with (
        pytest.raises(NoneFreeError, match="waited 3 s"),
        held(boskos, pace=pace),
    ):
        pass
    assert boskos_server.count("acquire", 404) == 4
    assert {entry.parameters["request_id"] for entry in boskos_server.asked} == {"me"}


def test_a_server_that_comes_back_is_asked_again(boskos, boskos_server, capsys):
    boskos_server.stop()

    with held(boskos, pause=lambda _: boskos_server.start()):
        pass
    assert "Connection refused; waiting up to" in capsys.readouterr().out


def test_a_server_that_never_answers_is_told_from_one_without_projects(boskos, boskos_server):
    boskos_server.stop()

    with (
        pytest.raises(UnavailableError) as raised,
        held(boskos, pace=Pace(acquire_limit_s=0)),
    ):
        pass
    assert raised.value.exit_code == 69


def test_a_refusal_is_not_waited_for(boskos, boskos_server):
    boskos_server.faults.append(Fault(action="acquire", kind="error", status=403))

    with (
        pytest.raises(JobError, match="403"),
        held(boskos, pause=pytest.fail),
    ):
        pass


def test_heartbeats_come_until_the_release_and_not_after(boskos, boskos_server, eventually):
    with held(boskos):
        eventually(lambda: boskos_server.count("update") >= 2)
    asked = len(boskos_server.asked)
    time.sleep(0.1)

    # One heartbeat may have been under way.
    assert len(boskos_server.asked) - asked <= 1


@pytest.mark.parametrize("status", [500, 503, 400, 403])
def test_a_heartbeat_outlives_bad_answers(boskos, boskos_server, eventually, status):
    boskos_server.faults.append(Fault(action="update", kind="error", status=status, times=3))

    with held(boskos) as lease:
        eventually(lambda: boskos_server.count("update") >= 2)
    assert boskos_server.count("update", status) == 3
    assert not lease.lost.is_set()


def test_a_heartbeat_outlives_the_server(boskos, boskos_server, eventually, capsys):
    errors = ""
    with held(boskos) as lease:
        boskos_server.stop()
        while "without a heartbeat" not in errors:
            errors += capsys.readouterr().out
        before = boskos_server.count("update")
        boskos_server.start()
        eventually(lambda: boskos_server.count("update") > before)
    assert not lease.lost.is_set()


def test_a_heartbeat_outlives_a_silent_server(boskos_server, eventually):
    boskos = Boskos(host=boskos_server.host, owner="me", limit_s=0.2)

    with held(boskos) as lease:
        boskos_server.faults.append(Fault(action="update", kind="slow", delay_s=0.5))
        eventually(lambda: not boskos_server.faults and boskos_server.count("update") >= 3)
    assert not lease.lost.is_set()


def test_a_heartbeat_outlives_a_server_that_drips(boskos_server, eventually, capsys):
    boskos = Boskos(host=boskos_server.host, owner="me", limit_s=0.2)

    with held(boskos) as lease:
        boskos_server.faults.append(Fault(action="update", kind="drip", delay_s=0.05))
        eventually(lambda: not boskos_server.faults and boskos_server.count("update") >= 3)
    assert not lease.lost.is_set()
    assert "/update: no answer within 0.2 s; " in capsys.readouterr().out


def test_a_release_that_is_answered_by_drips_gives_up_in_time(boskos_server):
    boskos = Boskos(host=boskos_server.host, owner="me", limit_s=0.2)
    pace = Pace(heartbeat_s=60, retry_s=0.01, release_limit_s=0.3)
    boskos_server.faults.append(Fault(action="release", kind="drip", delay_s=0.05, times=9))

    with (
        pytest.raises(UnavailableError, match=r"no answer within 0\.2 s"),
        held(boskos, pace=pace),
    ):
        pass


def test_a_type_that_the_server_lacks_is_not_waited_for(boskos, boskos_server):
    """Every other kind of "not found" may be temporary."""
    with (
        pytest.raises(RefusedError, match=f"{boskos_server.host} has no resources of type 'aws'"),
        held(boskos, "aws", pause=pytest.fail),
    ):
        pass


def test_a_heartbeat_outlives_what_nobody_thought_of(
    boskos, boskos_server, eventually, monkeypatch, capsys
):
    real, failures = client.ask, [RuntimeError("unthought of")]

    def ask(request, **arguments):
        if "/update" in request.url and failures:
            raise failures.pop()
        return real(request, **arguments)

    monkeypatch.setattr(client, "ask", ask)
    with held(boskos):
        eventually(lambda: boskos_server.count("update") >= 2)
    assert "unthought of; " in capsys.readouterr().out


@pytest.mark.parametrize("how", ["reaped", "re-leased", "removed", "moved"])
def test_a_lost_lease_is_told_once_and_then_left_alone(
    boskos, boskos_server, eventually, capsys, how
):
    told = []
    ranch = boskos_server.ranch
    with held(boskos, on_lost=lambda: told.append(1)) as lease:
        if how == "reaped":
            ranch.reset("gce-project", "busy", 0, "dirty")
        elif how == "re-leased":
            ranch.put(lease.name, state="busy", owner="other")
        elif how == "removed":
            ranch.remove(lease.name)
        else:
            ranch.put(lease.name, state="leased", owner="me")
        assert lease.lost.wait(10)
        eventually(lambda: told)
        asked = len(boskos_server.asked)
        time.sleep(0.1)

    assert told == [1]
    assert len(boskos_server.asked) == asked
    assert f"warning: {lease.name} was lost and is not released" in capsys.readouterr().out
