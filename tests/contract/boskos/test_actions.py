"""Actions: requests of the job's client, the reaper and the janitor, on both servers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from tests.contract.boskos.conftest import KIND, PROJECTS

OF_ALL = {"type": KIND, "state": "free", "dest": "busy", "owner": "a"}
RESET = {"type": KIND, "state": "busy", "dest": "dirty"}


def counts(server):
    """Return the number of projects by state, and by owner."""
    metric = server.ask("metric", "GET", type=KIND).json()
    assert metric["type"] == KIND
    return metric["current"], metric["owner"]


def test_a_lease_is_told_as_a_resource(server):
    answer = server.ask("acquire", **OF_ALL)
    lease = answer.json()

    assert answer.status_code == 200
    assert lease.pop("name") in PROJECTS
    assert datetime.fromisoformat(lease.pop("lastupdate").replace("Z", "+00:00")[:19])
    assert lease == {"type": KIND, "state": "busy", "owner": "a", "userdata": {}}
    assert counts(server) == ({"busy": 1, "free": 3}, {"a": 1, "": 3})


def test_one_is_lent_once_and_then_there_is_none(server):
    leased = {server.lease(owner) for owner in "abcd"}
    answer = server.ask("acquire", **OF_ALL)

    assert leased == set(PROJECTS)
    assert answer.status_code == 404
    assert answer.text.strip() == (
        f"Acquire failed: no available resource {KIND}, try again later."
    )


@pytest.mark.parametrize("request_id", ["", "me"])
def test_a_type_that_there_is_not_is_not_found_in_words_of_its_own(server, request_id):
    answer = server.ask("acquire", **OF_ALL | {"type": "aws", "request_id": request_id})

    assert answer.status_code == 404
    assert answer.text.strip() == 'Acquire failed: resource type "aws" does not exist'


def test_another_state_is_not_found_like_one_in_use(server):
    answer = server.ask("acquire", **OF_ALL | {"state": "clean"})

    assert (answer.status_code, "does not exist" in answer.text) == (404, False)


def test_who_acquires_at_once_gets_one_each(server):
    """A request that meets a conflict gets 500 and is repeated."""

    def acquire(owner):
        for _ in range(100):
            answer = server.ask("acquire", **OF_ALL | {"owner": owner})
            if answer.status_code != 500:
                return answer.json()["name"] if answer.status_code == 200 else None
        return pytest.fail(answer.text)

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(acquire, "abcdefgh"))

    assert sorted(filter(None, names)) == sorted(PROJECTS)
    assert names.count(None) == 4


def test_who_waits_is_served_in_the_order_of_coming(server):
    server.lease_all("a")
    for waiting in ("b", "c"):
        request = OF_ALL | {"owner": waiting, "request_id": waiting}
        assert server.ask("acquire", **request).status_code == 404
    server.ask("release", name="one", dest="free", owner="a")

    for impatient in ({"owner": "c", "request_id": "c"}, {"owner": "d"}):
        assert server.ask("acquire", **OF_ALL | impatient).status_code == 404
    assert server.lease("b", request_id="b") == "one"


def test_what_is_released_is_nobodys_in_the_state_that_was_said(server):
    name = server.lease("a")
    answer = server.ask("release", name=name, dest="dirty", owner="a")

    assert (answer.status_code, answer.text) == (200, "")
    assert counts(server) == ({"dirty": 1, "free": 3}, {"": 4})
    assert server.lease("janitor", state="dirty", dest="cleaning") == name


def test_resources_are_lent_by_name(server):
    answer = server.ask("acquirebystate", state="free", dest="busy", owner="a", names="one,three")

    assert answer.status_code == 200
    assert {each["name"] for each in answer.json()} == {"one", "three"}
    assert counts(server) == ({"busy": 2, "free": 2}, {"a": 2, "": 2})


@pytest.mark.parametrize("missing", ["none", "two"], ids=["unknown", "in another state"])
def test_of_names_of_which_one_is_missing_the_others_are_lent_all_the_same(server, missing):
    server.ask("acquirebystate", state="free", dest="cleaning", owner="b", names="two")
    answer = server.ask(
        "acquirebystate", state="free", dest="busy", owner="a", names=f"one,{missing}"
    )

    assert answer.status_code == 404
    assert answer.text.strip() == "AcquireByState: no available resource free, try again later."
    assert counts(server)[1] == {"a": 1, "b": 1, "": 2}


@pytest.mark.parametrize(
    ("action", "given", "status", "text"),
    [
        (
            "update",
            {"owner": "b", "state": "busy"},
            401,
            "Update failed: {0} - busy (b): owner mismatch request by b, currently owned by a",
        ),
        (
            "update",
            {"owner": "a", "state": "leased"},
            409,
            "Update failed: {0} - leased (a): state mismatch - expected busy, current leased",
        ),
        (
            "update",
            {"name": "no", "owner": "a", "state": "busy"},
            404,
            "Update failed: no - busy (a): no available resource no, try again later.",
        ),
        (
            "release",
            {"owner": "b", "dest": "dirty"},
            401,
            "Done failed: {0} - dirty (from b): owner mismatch request by b, currently owned by a",
        ),
        (
            "release",
            {"name": "no", "owner": "a", "dest": "dirty"},
            404,
            "Done failed: no - dirty (from a): no available resource no, try again later.",
        ),
    ],
)
def test_what_is_not_ours_is_refused_and_stays_as_it_is(server, action, given, status, text):
    name = server.lease("a")
    answer = server.ask(action, **{"name": name} | given)

    assert (answer.status_code, answer.text.strip()) == (status, text.format(name))
    assert counts(server) == ({"busy": 1, "free": 3}, {"a": 1, "": 3})


def test_a_second_release_is_refused(server):
    name = server.lease("a")
    codes = [server.ask("release", name=name, dest="dirty", owner="a") for _ in range(2)]

    assert [each.status_code for each in codes] == [200, 401]


@pytest.mark.parametrize("expire", ["0s", "0", "-1h", "1ns", "0.001ms"])
def test_the_reaper_takes_what_is_silent(server, expire):
    name = server.lease("a")
    answer = server.ask("reset", **RESET, expire=expire)

    assert (answer.status_code, answer.json()) == (200, {name: "a"})
    assert counts(server) == ({"dirty": 1, "free": 3}, {"": 4})
    assert server.ask("update", name=name, state="busy", owner="a").status_code == 401


@pytest.mark.parametrize("given", [{"expire": "1h30m"}, {"type": "aws"}, {"state": "free"}])
def test_the_reaper_leaves_all_others(server, given):
    server.lease("a")
    answer = server.ask("reset", **{**RESET, "expire": "0s"} | given)

    assert (answer.status_code, answer.json()) == (200, {})
    assert counts(server)[1] == {"a": 1, "": 3}


@pytest.mark.parametrize("expire", ["soon", "10", "1", "-", "s", "1 h", "1d"])
def test_a_duration_that_is_none_is_refused(server, expire):
    server.lease("a")

    assert server.ask("reset", **RESET, expire=expire).status_code == 400
    assert counts(server)[1] == {"a": 1, "": 3}


def test_what_an_owner_says_of_a_resource_is_told_to_the_next(server):
    name = server.lease("a")
    for data in ('{"x": "1", "y": "2"}', '{"x": ""}', "", "null"):
        answer = server.ask("update", data=data, name=name, state="busy", owner="a")
        assert answer.status_code == 200
    server.ask("release", name=name, dest="dirty", owner="a")
    again = server.ask("acquire", **OF_ALL | {"state": "dirty"}).json()

    assert again["userdata"] == {"y": "2"}


@pytest.mark.parametrize("data", ["{", "[]", '{"x": 1}'])
def test_what_is_no_user_data_is_refused(server, data):
    name = server.lease("a")

    answer = server.ask("update", data=data, name=name, state="busy", owner="a")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("action", "required"),
    [
        ("acquire", ("type", "state", "dest", "owner")),
        ("acquirebystate", ("state", "dest", "owner", "names")),
        ("release", ("name", "dest", "owner")),
        ("reset", ("type", "state", "expire", "dest")),
        ("update", ("name", "owner", "state")),
    ],
)
def test_each_parameter_is_required_and_only_post_is_taken(server, action, required):
    given = dict.fromkeys(required, "0s")
    for name in required:
        assert server.ask(action, **given | {name: ""}).status_code == 400, name
    assert server.ask(action, "GET", **given).status_code == 405
    assert server.ask(action, "PUT", **given).status_code == 405


def test_metrics_are_only_told_of_what_there_is(server):
    answers = [server.ask("metric", "GET", type=kind) for kind in ("aws", "")]

    assert [each.status_code for each in answers] == [404, 400]
    assert answers[0].text.strip() == "no available resource aws, try again later."
    assert server.ask("metric", type=KIND).status_code == 405


@pytest.mark.parametrize("path", ["", "healthz", "acquire/", "a/b"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_other_path_is_answered_by_nothing(server, path, method):
    answer = server.ask(path, method, **OF_ALL)

    assert (answer.status_code, answer.text) == (200, "")
    assert counts(server) == ({"free": 4}, {"": 4})
