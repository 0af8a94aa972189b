"""Compute: the API's address, and retries after temporary failures."""

import pytest
from googleapiclient.errors import HttpError

from host.errors import JobError
from job.cloud import compute, stack
from job.cloud.compute import ask, connect
from job.cloud.place import Place, place_of
from localcloud.compute_api.faults import Fault
from tests.proxies import Proxy


@pytest.fixture
def request_of(api):
    """Return a request that changes nothing."""
    client = connect(Place(project="p", region="r", endpoint=api.url, access_token="a"))
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
    place = Place(project="p", region="r", endpoint="http://127.0.0.1:1/", access_token="a")

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
    return Place(project="", region="r", **given)


def test_secrets_are_not_shown():
    assert "hush" not in repr(place(access_token="hush", key="hush"))


def test_the_api_is_asked_through_the_proxy(api, monkeypatch):
    port = int(api.url.split(":")[2].split("/")[0])
    url = "http://compute.invalid/compute/v1/"
    with Proxy(port) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
        client = connect(place(endpoint=url, access_token="a"))
        body = {"name": "n", "autoCreateSubnetworks": False}
        created = ask(client.networks().insert(project="p", body=body))

    assert created["targetLink"].endswith("/n")
    assert [line.partition("?")[0] for line in proxy.asked] == [
        f"POST {url}projects/p/global/networks"
    ]


def test_an_api_on_this_machine_is_asked_without_a_proxy(request_of, monkeypatch):
    """The engine bypasses the proxy as well, whatever NO_PROXY says."""
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert ask(request_of(), patience_s=0)["name"] == "p"


def test_a_proxy_that_does_not_work_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@127.0.0.1:1")
    client = connect(place(access_token="a"))

    with pytest.raises(JobError, match=r"HTTPS_PROXY: the proxy .* cannot be used: Con") as raised:
        ask(client.projects().get(project="p"), patience_s=0)
    assert "secret" not in str(raised.value)


def test_the_place_is_found_as_the_provider_finds_it(environ, tmp_path):
    """The stack's settings come first, then the environment."""
    path = tmp_path / "settings.yaml"
    path.write_text(
        "config: {gcp:accessToken: own, devstack:clusterName: c,"
        " gcp:impersonateServiceAccountDelegates: [first, second]}\n"
    )
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
        endpoint="http://127.0.0.1:1/",
        access_token="own",
        impersonated="sa",
        delegates=("first", "second"),
    )


@pytest.mark.parametrize(
    ("config", "token", "key"),
    [
        ("{}", "variable", "/other"),
        ("{gcp:accessToken: own}", "own", ""),
        ("{gcp:credentials: /own}", "", "/own"),
    ],
)
def test_a_token_or_a_key_of_the_settings_hides_both_variables(
    environ, tmp_path, config, token, key
):
    path = tmp_path / "settings.yaml"
    path.write_text(f"config: {config}\n")
    variables = {"GOOGLE_OAUTH_ACCESS_TOKEN": "variable", "GCLOUD_KEYFILE_JSON": "/other"}
    found = place_of(stack.stage("ci", environ | variables, settings=path))

    assert (found.access_token, found.key) == (token, key)
