"""Credentials: the job accepts the forms that the provider accepts, in the same order."""

import json
import warnings

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from google.auth import aws, identity_pool, impersonated_credentials, pluggable
from google.auth import external_account_authorized_user as workforce
from google.oauth2 import gdch_credentials, service_account
from google.oauth2.credentials import Credentials

from host.errors import JobError
from job.cloud import credentials
from job.cloud.place import Place

USER = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"}
IMPERSONATION = (
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
    "job@example.invalid:generateAccessToken"
)
EXTERNAL = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/x",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "token_url": "https://sts.googleapis.com/v1/token",
}


def place(**given):
    return Place(project="", region="r", **given)


def key(**given):
    return credentials.find(place(key=json.dumps(given)))


def pem(private):
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture(scope="module")
def account():
    """Return a service account's key."""
    return {
        "type": "service_account",
        "client_email": "job@example.invalid",
        "private_key": pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "private_key_id": "1",
        "project_id": "p",
    }


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home folder of the test, with no credential variables of this machine."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG", "GOOGLE_CLOUD_QUOTA_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_a_token_wins_over_a_key():
    assert credentials.find(place(access_token="t", key="/nonexistent")).token == "t"


def test_a_service_account_needs_no_token_uri(account):
    """The provider has a default for it."""
    found = key(**account)

    assert isinstance(found, service_account.Credentials)
    assert not found.requires_scopes


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (USER, Credentials),
        (
            {
                "type": "impersonated_service_account",
                "service_account_impersonation_url": IMPERSONATION,
                "source_credentials": USER,
                "delegates": ["first@example.invalid"],
            },
            impersonated_credentials.Credentials,
        ),
        (EXTERNAL | {"credential_source": {"file": "/token"}}, identity_pool.Credentials),
        (
            EXTERNAL | {"credential_source": {"url": "http://127.0.0.1:1/token"}},
            identity_pool.Credentials,
        ),
        (
            EXTERNAL | {"credential_source": {"executable": {"command": "/bin/false"}}},
            pluggable.Credentials,
        ),
        (
            EXTERNAL
            | {
                "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
                "credential_source": {
                    "environment_id": "aws1",
                    "regional_cred_verification_url": "https://sts.us-east-1.amazonaws.com",
                },
            },
            aws.Credentials,
        ),
        (
            {
                "type": "external_account_authorized_user",
                "audience": EXTERNAL["audience"],
                "client_id": "i",
                "client_secret": "s",
                "refresh_token": "r",
                "token_url": "https://sts.googleapis.com/v1/oauthtoken",
                "token_info_url": "https://sts.googleapis.com/v1/introspect",
            },
            workforce.Credentials,
        ),
    ],
    ids=["user", "impersonated", "file", "url", "executable", "aws", "workforce"],
)
def test_a_key_of_every_type_is_taken(given, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert isinstance(key(**given), kind)


def test_a_key_of_a_distributed_cloud_is_taken():
    found = key(
        type="gdch_service_account",
        format_version="1",
        project="p",
        private_key_id="1",
        private_key=pem(ec.generate_private_key(ec.SECP256R1())),
        name="job",
        ca_cert_path="/ca",
        token_uri="https://127.0.0.1:1/token",
    )

    assert isinstance(found, gdch_credentials.ServiceAccountCredentials)


def test_of_a_person_no_scope_is_asked_for():
    """The provider requests none: Google refuses a scope that the token was not granted for."""
    assert key(**USER).scopes is None


def test_the_quota_project_of_a_key_is_not_sent(monkeypatch):
    """The account may lack permission to use that project, and the provider ignores it."""
    assert key(**USER, quota_project_id="theirs").quota_project_id is None

    monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "ours")
    assert key(**USER).quota_project_id == "ours"


def test_another_account_is_impersonated_by_way_of_delegates():
    found = credentials.find(
        place(access_token="t", impersonated="job@example.invalid", delegates=("first", "second"))
    )

    assert isinstance(found, impersonated_credentials.Credentials)
    assert found._delegates == ["first", "second"]


@pytest.mark.parametrize(
    "given",
    [
        {"type": "of_tomorrow"},
        {"type": "external_account"},
        {"type": "impersonated_service_account"},
        {
            "type": "impersonated_service_account",
            "service_account_impersonation_url": IMPERSONATION,
            "source_credentials": EXTERNAL,
        },
    ],
    ids=["unknown", "external", "impersonated", "nested"],
)
def test_what_only_the_provider_may_read_is_not_judged(given):
    with pytest.raises(credentials.UnjudgedError, match=rf"^credentials: .*'{given['type']}'"):
        key(**given)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("/nonexistent", "there is no file /nonexistent; run"),
        ("~/nonexistent", "there is no file ~/nonexistent; run"),
        ("{", "a key is no JSON (Expecting property name"),
        ("secret", "a key is no JSON (Expecting value"),
        ("[]", "a key says no type"),
        ("{}", "a key says no type"),
        ('{"type": "service_account", "private_key": "secret"}', "missing fields"),
        ('{"type": "authorized_user", "client_secret": "secret"}', "missing fields"),
        ("~other/secret", "gcp:credentials begins with ~other, of which the provider knows no"),
    ],
)
def test_a_key_that_is_none_is_refused_without_a_word_of_it(given, line):
    with pytest.raises(JobError, match=r"^credentials: .*; run 'gcloud auth") as raised:
        credentials.find(place(key=given))
    assert not isinstance(raised.value, credentials.UnjudgedError)
    assert line in str(raised.value)
    assert "secret" not in str(raised.value)


def test_default_credentials_are_looked_for_where_the_provider_looks(home, monkeypatch):
    """Google's Go library ignores CLOUDSDK_CONFIG."""
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(home / "elsewhere"))
    path = home / ".config/gcloud/application_default_credentials.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(USER))
    assert credentials.find(place()).refresh_token == "r"

    named = home / "named"
    named.write_text(json.dumps(USER | {"refresh_token": "other"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(named))
    assert credentials.find(place()).refresh_token == "other"


@pytest.mark.parametrize("name", ["file", "a file", "a#b%20?", "~/file", "ümlaut", "./file"])
def test_the_contents_are_read_of_what_has_the_name(home, name):
    (home / name.removeprefix("~/")).write_text("contents")

    assert credentials.path_or_contents(name, "x", base=home) == "contents"


@pytest.mark.parametrize("text", ["token", "a\0b", "x" * 100_000, '{"type": "t"}', "~/absent"])
def test_what_names_nothing_is_the_text_itself(home, text):
    assert credentials.path_or_contents(text, "x", base=home) == text


def test_a_folder_of_that_name_is_in_the_way(home):
    (home / "localcloud").mkdir()

    with pytest.raises(JobError, match=r"x is the name of .*localcloud, which cannot be read"):
        credentials.path_or_contents("localcloud", "x", base=home)


def test_a_token_that_no_header_can_hold_is_refused(home):
    """A token read from a file usually ends with a line break."""
    (home / "token").write_text("secret\n")

    with pytest.raises(JobError, match="line break") as raised:
        credentials.find(place(access_token=str(home / "token")))
    assert "secret" not in str(raised.value)
