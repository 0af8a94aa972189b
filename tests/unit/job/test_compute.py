"""Compute: patience with what passes, and the credentials that the provider would take."""

import json

import pytest
from google.auth import impersonated_credentials
from googleapiclient.errors import HttpError

from job import compute, stack
from job.compute import Place, ask, connect, credentials, place_of
from job.errors import JobError
from localcloud.compute_api.faults import Fault


@pytest.fixture
def request_of(api):
    """A request that changes nothing."""
    client = connect(Place(project="p", region="r", prefix="x", endpoint=api.url, access_token="a"))
    return lambda: client.projects().get(project="p")


@pytest.mark.parametrize(
    ("status", "reason"),
    [(403, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (429, "any"), (503, "any")],
)
def test_what_passes_is_asked_again_ever_slower(api, request_of, status, reason):
    fault = Fault(method="projects.get", kind="error", status=status, reason=reason, times=5)
    api.add_fault(fault)
    pauses = []

    assert ask(request_of(), sleep=pauses.append)["name"] == "p"
    usual = [2, 4, 8, 15, 15]
    assert all(0.75 * s <= pause <= 1.25 * s for pause, s in zip(pauses, usual, strict=True)), (
        pauses
    )


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "forbidden"), (403, "quotaExceeded"), (404, "x")]
)
def test_what_does_not_pass_is_told_at_once(api, request_of, status, reason):
    api.add_fault(Fault(method="projects.get", kind="error", status=status, reason=reason))
    pauses = []

    with pytest.raises(HttpError) as raised:
        ask(request_of(), sleep=pauses.append)
    assert compute.reason_of(raised.value) == reason
    assert pauses == []


def test_patience_ends(api, request_of):
    api.add_fault(Fault(method="projects.get", kind="error", status=503, times=9))

    with pytest.raises(HttpError):
        ask(request_of(), patience_s=1, sleep=lambda _: None)
    assert len(api.requests("p")) == 1


def test_an_answer_that_gets_lost_is_asked_for_again(api, request_of):
    api.add_fault(Fault(method="projects.get", kind="lost"))

    assert ask(request_of(), sleep=lambda _: None)["name"] == "p"


def test_a_host_that_does_not_answer_is_named():
    place = Place(
        project="p", region="r", prefix="x", endpoint="http://127.0.0.1:1/", access_token="a"
    )

    line = r"^compute: http://127.0.0.1:1/.* does not answer: "
    with pytest.raises(JobError, match=line) as raised:
        ask(connect(place).projects().get(project="p"), patience_s=0)
    assert raised.value.kind == "infrastructure"


def test_a_pause_may_end_the_run(api, request_of):
    api.add_fault(Fault(method="projects.get", kind="error", status=503))

    def ended(_seconds):
        raise JobError("ended")

    with pytest.raises(JobError, match="ended"):
        ask(request_of(), sleep=ended)


def place(**given):
    return Place(project="", region="r", prefix="x", **given)


USER = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"}


def test_a_token_wins_over_a_key():
    assert credentials(place(access_token="t", key="/nonexistent")).token == "t"


@pytest.mark.parametrize("given", ["path", "text"])
def test_a_key_is_given_by_path_or_as_text(tmp_path, given):
    path = tmp_path / "key"
    path.write_text(json.dumps(USER))
    found = credentials(place(key=str(path) if given == "path" else path.read_text()))

    assert found.refresh_token == "r"


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("/nonexistent", "No such file or directory: '/nonexistent'"),
        ("{", "Expecting property name"),
        ('{"type": "other"}', "a key is of none of the types service_account, authorized_user"),
        ('{"type": "service_account", "private_key": "secret"}', "missing fields"),
    ],
)
def test_a_key_that_is_none_is_refused_without_a_word_of_it(key, line):
    with pytest.raises(JobError, match=r"^credentials: .*; run 'gcloud auth") as raised:
        credentials(place(key=key))
    assert line in str(raised.value)
    assert "secret" not in str(raised.value)


def test_another_account_is_impersonated():
    found = credentials(place(access_token="t", impersonated="job@example.invalid"))

    assert isinstance(found, impersonated_credentials.Credentials)


def test_secrets_are_not_shown():
    assert "hush" not in repr(place(access_token="hush", key="hush"))


def test_the_place_is_found_as_the_provider_finds_it(environ, tmp_path):
    """The stack's settings first, then the environment."""
    path = tmp_path / "settings.yaml"
    path.write_text("config: {gcp:accessToken: own, devstack:clusterName: c}\n")
    variables = {
        "GOOGLE_CLOUD_PROJECT": "p1",
        "GOOGLE_OAUTH_ACCESS_TOKEN": "other",
        "GCLOUD_KEYFILE_JSON": "/key",
        "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": "sa",
        "GOOGLE_COMPUTE_CUSTOM_ENDPOINT": "http://127.0.0.1:1/",
    }
    found = place_of(stack.stage("ci", environ | variables, settings=path))

    assert found == Place(
        project="p1",
        region="us-east4",
        prefix="c-ci",
        endpoint="http://127.0.0.1:1/",
        access_token="own",
        key="/key",
        impersonated="sa",
    )
