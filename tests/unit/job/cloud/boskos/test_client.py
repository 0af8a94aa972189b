"""Boskos client: the meaning of each answer of the server, and of no answer."""

import os

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from host.errors import JobError, RefusedError
from job.cloud.boskos.client import Boskos, LostError, UnavailableError, owner
from localcloud.boskos import actions
from localcloud.boskos.ranch import Ranch, Resource, UnknownTypeError
from localcloud.boskos.server import BoskosServer, Fault
from localcloud.compute_api.clock import ManualClock
from tests.patience import PATIENCE_S


@pytest.fixture
def boskos(boskos_server):
    return Boskos(host=boskos_server.host, owner="me", limit_s=PATIENCE_S)


@pytest.fixture
def other(boskos_server):
    return Boskos(host=boskos_server.host, owner="other", limit_s=PATIENCE_S)


def test_a_lease_makes_the_resource_busy_and_ours(boskos, boskos_server):
    name = boskos.acquire("gce-project")

    [leased] = [item for item in boskos_server.ranch.resources() if item.owner]
    assert (leased.name, leased.state, leased.owner) == (name, "busy", "me")


@pytest.mark.parametrize("state", ["clean", "free"])
def test_both_states_of_a_usable_resource_are_tried(boskos, boskos_server, state):
    boskos_server.ranch.put("one", state="dirty")
    boskos_server.ranch.put("two", state=state)

    assert boskos.acquire("gce-project") == "two"


def test_none_free_is_no_error(boskos, boskos_server):
    for name in ("one", "two"):
        boskos_server.ranch.put(name, state="dirty")

    assert boskos.acquire("gce-project") is None


def test_a_type_that_the_server_lacks_is_an_error_of_configuration(boskos, boskos_server):
    with pytest.raises(RefusedError) as raised:
        boskos.acquire("gce")
    assert str(raised.value) == (
        f"boskos: {boskos_server.host} has no resources of type 'gce'; name a type that it has"
        " (RESOURCE_TYPE), or the Boskos that has this one (BOSKOS_HOST)"
    )


def test_a_type_whose_resources_come_into_being_when_asked_for_is_waited_for(
    boskos, boskos_server, monkeypatch
):
    """A real server creates dynamic resources at the first request, but refuses that request."""
    real = boskos_server.ranch.acquire

    def acquire(kind, *_):
        boskos_server.ranch.add(Resource(name="three", type="dynamic", state="new"))
        monkeypatch.undo()
        raise UnknownTypeError(kind)

    monkeypatch.setattr(boskos_server.ranch, "acquire", acquire)
    assert boskos.acquire("dynamic") is None
    assert boskos_server.ranch.acquire == real


def test_not_found_in_other_words_is_waited_for(boskos, boskos_server):
    """A proxy may answer 404 while the server is down."""
    boskos_server.faults.append(Fault(action="acquire", kind="error", status=404, times=2))

    assert boskos.acquire("gce-project") is None


def test_who_will_ask_again_keeps_a_place(boskos, other, boskos_server):
    for name in ("one", "two"):
        boskos_server.ranch.put(name, state="dirty")
    assert boskos.acquire("gce-project", will_ask_again=True) is None
    boskos_server.ranch.put("one", state="free")

    assert other.acquire("gce-project", will_ask_again=True) is None
    assert boskos.acquire("gce-project", will_ask_again=True) == "one"


def test_who_asks_once_holds_nobody_up(boskos, other, boskos_server):
    for name in ("one", "two"):
        boskos_server.ranch.put(name, state="dirty")
    assert boskos.acquire("gce-project") is None
    boskos_server.ranch.put("one", state="free")

    assert other.acquire("gce-project") == "one"


@pytest.mark.parametrize("action", ["update", "release"])
def test_another_job_can_neither_update_nor_release_ours(boskos, other, action, state_of):
    name = boskos.acquire("gce-project")

    with pytest.raises(LostError, match=f"{name} is not leased to other any more: 401"):
        getattr(other, action)(name)
    assert state_of(name) == "busy"


@pytest.mark.parametrize("status", [401, 404, 409])
@pytest.mark.parametrize("action", ["update", "release"])
def test_what_says_that_it_is_not_ours_means_lost(boskos, boskos_server, action, status):
    name = boskos.acquire("gce-project")
    boskos_server.faults.append(Fault(action=action, kind="error", status=status))

    with pytest.raises(LostError, match=str(status)):
        getattr(boskos, action)(name)


@pytest.mark.parametrize("action", ["acquire", "update", "release"])
@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_may_be_over_soon(boskos, boskos_server, action, status):
    boskos_server.faults.append(Fault(action=action, kind="error", status=status))

    with pytest.raises(UnavailableError, match=f"{status} a fault that was asked for"):
        getattr(boskos, action)("gce-project")


@pytest.mark.parametrize("action", ["acquire", "update", "release"])
@pytest.mark.parametrize("status", [302, 400, 403])
def test_any_other_answer_is_an_error_that_stays(boskos, boskos_server, action, status):
    boskos_server.faults.append(Fault(action=action, kind="error", status=status))

    with pytest.raises(JobError, match=f"{status}.*; see BOSKOS_HOST") as raised:
        getattr(boskos, action)("gce-project")
    assert not isinstance(raised.value, UnavailableError | LostError)


def test_a_refused_connection_is_told_in_a_few_words(boskos, boskos_server):
    boskos_server.stop()

    with pytest.raises(UnavailableError) as raised:
        boskos.acquire("gce-project")
    assert str(raised.value) == (
        f"boskos: http://{boskos_server.host}/acquire: no answer,"
        " ConnectionRefusedError: [Errno 111] Connection refused"
    )


def test_a_silent_server_is_not_waited_for(boskos_server):
    boskos_server.faults.append(Fault(action="update", kind="slow", delay_s=0.5))

    with pytest.raises(UnavailableError, match="no answer"):
        Boskos(host=boskos_server.host, owner="me", limit_s=0.05).update("one")


@pytest.mark.parametrize("body", ["", "[" * 5000, "<html>", "[]", '{"name": ""}', '{"name": null}'])
def test_an_answer_that_names_no_resource_is_an_error(boskos, monkeypatch, body):
    """The answer comes from some other server."""
    monkeypatch.setattr(actions, "answer", lambda *_: (200, body))

    with pytest.raises(JobError, match=r"not a resource: 200.*; see BOSKOS_HOST"):
        boskos.acquire("gce-project")


@pytest.mark.parametrize("host", ["", "http://boskos", "boskos/path", "a b", "boskos:port"])
def test_a_host_that_is_none_is_refused(host):
    with pytest.raises(RefusedError, match="BOSKOS_HOST"):
        Boskos(host=host, owner="me")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"PROW_JOB_ID": "uuid", "BUILD_ID": "17"}, "devstack-uuid"),
        ({"PROW_JOB_ID": "", "BUILD_ID": "17"}, "devstack-17"),
    ],
)
def test_the_owner_is_the_job(environ, expected):
    assert owner(environ) == expected


def test_without_a_job_the_owner_is_this_process():
    assert owner({}).startswith("devstack-")
    assert owner({}).endswith(f"-{os.getpid()}")


EXPIRY_S = 100
DRIVERS = st.sampled_from(["a", "b", "c"])


class Drivers(RuleBasedStateMachine):
    """Three drivers and two projects; only a driver without heartbeats loses its lease."""

    def __init__(self):
        super().__init__()
        self.clock = ManualClock()
        resources = [Resource(name=name, type="p") for name in ("one", "two")]
        ranch = Ranch(resources, self.clock, reap_after_s=EXPIRY_S, clean_after_s=0)
        self.server = BoskosServer(ranch).start()
        self.clients = {key: Boskos(host=self.server.host, owner=key) for key in ("a", "b", "c")}
        self.leases = {}  # (driver, name) -> time of the last heartbeat

    def teardown(self):
        """Stop the server."""
        self.server.stop()

    def live(self):
        """Return the leases that the server should know."""
        now = self.clock.now()
        return {lease for lease, beaten in self.leases.items() if now - beaten < EXPIRY_S}

    @rule(driver=DRIVERS)
    def acquire(self, driver):
        """Acquire a project: none is leased twice, and none is withheld."""
        taken = {name for _, name in self.live()}
        name = self.clients[driver].acquire("p")
        assert (name is None) == (len(taken) == 2)
        assert name not in taken
        if name:
            self.leases[driver, name] = self.clock.now()

    @rule(data=st.data(), action=st.sampled_from(["update", "release"]))
    def keep(self, data, action):
        """Send a heartbeat or a release, also for a lease that the driver unknowingly lost."""
        driver = data.draw(DRIVERS)
        name = data.draw(st.sampled_from(["one", "two"]))
        ours = (driver, name) in self.live()
        try:
            getattr(self.clients[driver], action)(name)
            assert ours
        except LostError:
            assert not ours
        self.leases.pop((driver, name), None)
        if ours and action == "update":
            self.leases[driver, name] = self.clock.now()

    @rule(seconds=st.sampled_from([1, 50, 99, 100]))
    def pass_time(self, seconds):
        """Advance the clock, so that the reaper may take leases."""
        self.clock.advance(seconds)

    @invariant()
    def no_project_has_two_drivers(self):
        """The invariant: a project has at most one driver."""
        names = [name for _, name in self.live()]
        assert len(names) == len(set(names))


Drivers.TestCase.settings = settings(max_examples=15, stateful_step_count=15)
TestDrivers = Drivers.TestCase
