"""Server: the real server's statuses, and the double as a process of its own."""

import subprocess
import sys

import pytest
import requests

from localcloud.boskos.ranch import Ranch, Resource
from localcloud.boskos.server import BoskosServer, Fault
from localcloud.compute_api.clock import ManualClock
from tests.patience import PATIENCE_S

LEASE = {"type": "p", "state": "free", "dest": "busy", "owner": "a"}


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def server(clock, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with BoskosServer(Ranch([Resource(name="one", type="p")], clock)) as server:
        yield server


@pytest.fixture
def ask(server):
    """Send a request and return the answer."""

    def send(action, method="POST", data=None, **parameters):
        url = f"http://{server.host}/{action}"
        return requests.request(method, url, params=parameters, data=data, timeout=PATIENCE_S)

    return send


def test_a_lease_is_told_as_json(ask):
    lease = ask("acquire", **LEASE).json()

    assert (lease["name"], lease["type"], lease["state"], lease["owner"]) == (
        "one",
        "p",
        "busy",
        "a",
    )


def test_the_reaper_resets_what_is_silent(ask, clock):
    ask("acquire", **LEASE)
    reset = {"type": "p", "state": "busy", "dest": "dirty"}
    clock.advance(3599)
    assert ask("reset", expire="1h0m0s", **reset).json() == {}
    clock.advance(1)

    assert ask("reset", expire="1h0m0s", **reset).json() == {"one": "a"}


def test_states_and_owners_are_counted(ask):
    ask("acquire", **LEASE)

    assert ask("metric", "GET", type="p").json() == {
        "type": "p",
        "current": {"busy": 1},
        "owner": {"a": 1},
    }


def test_a_fault_is_suffered_as_often_as_asked(ask, server):
    server.faults.append(Fault(action="acquire", kind="error", status=503, times=2))

    assert [ask("acquire", **LEASE).status_code for _ in range(3)] == [503, 503, 200]
    assert server.faults == []


def test_a_lost_answer_leaves_the_change_made(ask, server):
    server.faults.append(Fault(action="*", kind="lost"))

    with pytest.raises(requests.ConnectionError):
        ask("acquire", **LEASE)
    assert server.ranch.resources()[0].owner == "a"


def test_a_stopped_server_refuses_connections_and_comes_back(ask, server):
    server.stop()
    with pytest.raises(requests.ConnectionError):
        ask("metric", "GET", type="p")
    server.start()

    assert ask("metric", "GET", type="p").status_code == 200


def test_on_its_own_it_says_that_it_is_a_double_and_ends_by_a_signal(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    command = [sys.executable, "-m", "localcloud.boskos", "--project", "mine"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert "a double of Boskos" in process.stdout.readline()
        host = process.stdout.readline().strip().removeprefix("BOSKOS_HOST=")
        lease = {**LEASE, "type": "gce-project"}
        answer = requests.post(f"http://{host}/acquire", params=lease, timeout=PATIENCE_S)
        process.terminate()
        code = process.wait(PATIENCE_S)

    assert answer.json()["name"] == "mine"
    assert code == 0
