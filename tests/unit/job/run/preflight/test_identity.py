"""Identity: each way in which Google Cloud refuses access has a line with a remedy."""

import json
from functools import partial

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from host.errors import JobError
from job.cloud import compute
from job.cloud.place import Place
from job.run.preflight import identity
from localcloud.compute_api.faults import Fault

API_OFF = (
    "Compute Engine API has not been used in project 1234 before or it is disabled. Enable it by"
    " visiting https://console.developers.google.com/ then retry."
)
NO_PROJECT = "Permission denied on resource project capo."


@pytest.fixture
def look(place):
    """Ask for the project."""

    def project():
        get = partial(compute.ask, sleep=lambda _: None, patience_s=60)
        return identity.project(compute.connect(place), place, get)

    return project


def test_a_project_that_is_open_is_shown_with_one_request(api, look):
    project = look()

    assert project is not None
    assert project["name"] == "capo"
    assert [request["method"] for request in api.requests("capo")] == ["compute.projects.get"]


def test_refused_credentials_are_named(api, look):
    api.refuse_token("any", 401)
    with pytest.raises(JobError, match=r"^credentials: Google Cloud refuses them \(401\); run "):
        look()


def test_a_project_that_does_not_exist_is_named(api, look):
    api.refuse_project("capo", 404)
    with pytest.raises(JobError) as raised:
        look()

    assert str(raised.value) == (
        "project: capo does not exist or is not open to this account; name another in gcp:project"
    )


def test_a_project_that_is_closed_is_named(api, look):
    api.refuse_project("capo", 403)
    with pytest.raises(JobError, match=r"^credentials: the account lacks .*projects/capo"):
        look()


@pytest.mark.parametrize(
    ("message", "reason", "line"),
    [
        (API_OFF, "accessNotConfigured", "project: its Compute Engine API is off; "),
        (NO_PROJECT, "forbidden", "project: capo does not exist or is not open to this account"),
    ],
)
def test_what_a_403_means_is_read_from_its_text(api, look, message, reason, line):
    api.add_fault(
        Fault(method="*", kind="error", status=403, reason=reason, message=message, times=2)
    )
    with pytest.raises(JobError, match=f"^{line}"):
        look()


@pytest.mark.parametrize(
    ("message", "reason", "kind"),
    [
        ("Constraint constraints/compute.x violated.", "conditionNotMet", "configuration"),
        ("Nobody has seen this before.", "someNewReason", "unknown"),
    ],
)
def test_another_refusal_is_told_in_its_own_words(api, look, message, reason, kind):
    fault = {"kind": "error", "status": 412, "reason": reason, "message": message}
    api.add_fault(Fault(method="*", **fault))
    with pytest.raises(JobError) as raised:
        look()

    assert str(raised.value) == (
        f"compute: the API refuses (Error 412: {message}, {reason}); do what it says"
    )
    assert raised.value.kind == kind


def test_an_account_that_may_not_read_projects_may_be_let_in_all_the_same(api, look):
    """Only the quotas remain unknown then."""
    api.deny("projects.get")

    assert look() is None


def test_credentials_that_are_not_there_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "absent"))

    with pytest.raises(
        JobError,
        match=r"^credentials: /.*absent cannot be read: No such file or directory; run 'gcloud",
    ):
        identity.usable(Place(project="", region="r"))


@pytest.fixture
def key_file(tmp_path, web):
    """A service account's key whose tokens come from the test's server."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path / "key.json"
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "client_email": "job@example.invalid",
                "private_key": private.decode(),
                "token_uri": f"{web.url}/token",
            }
        )
    )
    return path


@pytest.mark.parametrize("given", ["path", "text"])
def test_a_key_that_was_revoked_is_refused(web, key_file, given):
    """The key may be given as a path or as its contents."""
    web.answers["POST", "/token"] = [400]
    key = str(key_file) if given == "path" else key_file.read_text()

    with pytest.raises(JobError, match=r"^credentials: Google Cloud refuses them"):
        identity.usable(Place(project="", region="r", key=key))


def test_a_server_of_tokens_that_cannot_be_reached_is_another_matter(key_file):
    document = json.loads(key_file.read_text()) | {"token_uri": "http://127.0.0.1:1/token"}
    place = Place(project="", region="r", key=json.dumps(document))

    with pytest.raises(JobError, match=r"^credentials: no token can be had for them"):
        identity.usable(place)


def test_an_external_accounts_token_may_be_had_by_the_provider_alone(tmp_path, web):
    """A warning only: the file with its first token need not exist on this machine."""
    document = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/x",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{web.url}/sts",
        "credential_source": {"file": str(tmp_path / "token")},
    }
    place = Place(project="", region="r", key=json.dumps(document))
    report = identity.usable(place)

    assert report.problems == []
    assert report.warnings[0].startswith("credentials: no token can be had for them (")

    (tmp_path / "token").write_text("theirs")
    web.answers["POST", "/sts"] = [400]
    with pytest.raises(JobError, match=r"^credentials: Google Cloud refuses them"):
        identity.usable(place)


def test_a_key_that_only_the_provider_may_read_is_a_warning():
    place = Place(project="", region="r", key='{"type": "of_tomorrow"}')
    report = identity.usable(place)

    assert report.problems == []
    assert "a key of type 'of_tomorrow' is not read" in report.warnings[0]


def test_a_token_is_worth_what_the_first_request_says(place):
    assert identity.usable(place).problems == []
