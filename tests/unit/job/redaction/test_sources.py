"""Sources: secrets are recognized by their names, wherever they are."""

import json

import pytest

from host.errors import JobError
from job.cloud import credentials
from job.cloud.place import Place
from job.redaction import sources
from job.redaction.known import SECRETS

CANARY = "canary-0123456789"
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
KEY = f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----\n"


def environment(tmp_path, **given):
    return set(sources.of_environment({"HOME": str(tmp_path), **given}))


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "OS_PASSWORD"),
        *("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "API_KEY"),
        *("GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON"),
        *("GCLOUD_KEYFILE_JSON", "CLIENT_SECRET", "MYSQL_PASSWD"),
    ],
)
def test_a_variable_is_secret_by_its_name(tmp_path, name):
    assert environment(tmp_path, **{name: CANARY}) == {CANARY}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GOOGLE_CLOUD_PROJECT", "my-project"),
        ("SSH_PUBLIC_KEY", "ssh-ed25519 AAAA"),
        ("TOKEN_TTL", "3600s-and-more"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("SECRET_NAME", "my-secret"),
        ("API_TOKEN", "12345"),
        ("GITHUB_TOKEN", "$GITHUB_TOKEN"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/there/is/no/key.json"),
        ("PULUMI_CONFIG_PASSPHRASE_FILE", "/there/is/no/passphrase"),
        ("HTTPS_PROXY", "http://proxy.example:3128"),
    ],
)
def test_what_is_no_secret_may_be_shown(tmp_path, name, value):
    """An error about a wrong path must quote the path."""
    assert environment(tmp_path, **{name: value}) == set()


@pytest.mark.parametrize("before", ["", "/"])
def test_a_key_that_is_taken_for_a_path_is_known_all_the_same(tmp_path, before):
    """The system call's error message would quote it as a path."""
    text = f"{before}{BODY}"
    with pytest.raises(JobError) as caught:
        credentials.find(Place(project="p", region="us-east4", key=text))
    SECRETS.learn(environment(tmp_path, GOOGLE_CREDENTIALS=text))

    assert BODY not in SECRETS.mask(str(caught.value))


@pytest.mark.parametrize(
    "name", ["PULUMI_CONFIG_PASSPHRASE_FILE", "SERVICE_TOKEN_FILE", "API_TOKEN"]
)
def test_of_a_file_its_content_is_the_secret(tmp_path, name):
    path = tmp_path / "file"
    path.write_text(f"{CANARY}\n")

    assert environment(tmp_path, **{name: str(path)}) == {CANARY}


@pytest.mark.parametrize("as_file", [True, False])
@pytest.mark.parametrize("name", ["GOOGLE_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS"])
def test_of_googles_keys_the_secret_fields_are(tmp_path, name, as_file):
    """With impersonation, one key contains another."""
    inner = {"type": "authorized_user", "client_secret": "inner-1", "refresh_token": "inner-2"}
    text = json.dumps(
        {
            "type": "impersonated_service_account",
            "client_email": "me@my-project.iam.gserviceaccount.com",
            "token_uri": "https://oauth2.googleapis.com/token",
            "private_key": KEY,
            "source_credentials": inner,
        }
    )
    path = tmp_path / "key.json"
    path.write_text(text)

    found = environment(tmp_path, **{name: str(path) if as_file else text})
    assert {"inner-1", "inner-2"} <= found
    assert [each for each in found if BODY in each]
    assert not [each for each in found if "my-project" in each or "oauth2" in each]


@pytest.mark.parametrize("config", [".config/gcloud", "elsewhere"])
def test_the_key_that_is_found_without_being_named_is_known(tmp_path, config):
    path = tmp_path / config / "application_default_credentials.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"refresh_token": CANARY}))
    given = {} if config.startswith(".") else {"CLOUDSDK_CONFIG": str(path.parent)}

    assert environment(tmp_path, **given) == {CANARY}


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("http://me:p%40ssword-1@proxy:3128", {"p%40ssword-1", "p@ssword-1"}),
        (f"https://{CANARY}@github.example/x", {CANARY}),
        ("https://github.example/x", set()),
    ],
)
def test_passwords_in_urls_are_known(tmp_path, url, secrets):
    assert environment(tmp_path, HTTPS_PROXY=url) == secrets
    assert set(sources.of_settings({"devstack:gitBase": url}, {})) == secrets


def test_of_settings_those_are_that_the_name_or_the_schema_says(tmp_path):
    local_conf = tmp_path / "local.conf"
    local_conf.write_text("LOGFILE=/opt/stack.log\nMY_SERVICE_PASSWORD='in-the-file'\n")
    config = {
        "gcp:project": "my-project",
        "gcp:accessToken": "token-of-settings",
        "gcp:credentials": json.dumps({"private_key": KEY}),
        "gcp:other": {"secure": "v1:ciphertext"},
        "devstack:sshAuthorizedKeys": ["ssh-ed25519 AAAA"],
        "devstack:localConfFile": str(local_conf),
        "devstack:odd": "by-the-schema",
        "other:nested": {"apiKey": "nested-key", "place": "elsewhere"},
    }
    found = set(sources.of_settings(config, {"odd": {"secret": True}}))

    assert {each for each in found if BODY not in each} == {
        *("token-of-settings", "in-the-file", "by-the-schema", "nested-key"),
    }
    assert [each for each in found if BODY in each]


def test_of_lists_every_entry_is_looked_at(tmp_path):
    users = [
        {"name": "a", "token": "token-1"},
        {"client-key": "key-of-b", "url": "https://u:pw-of-c@h"},
    ]
    given = {"GOOGLE_CREDENTIALS": json.dumps({"users": users, "api_tokens": ["token-2"]})}

    assert environment(tmp_path, **given) == {"token-1", "key-of-b", "pw-of-c", "token-2"}


def test_of_decrypted_settings_the_secret_ones_are():
    config = {
        "gcp:accessToken": {"value": CANARY, "secret": True},
        "gcp:project": {"value": "my-project", "secret": False},
    }

    assert set(sources.of_decrypted(config)) == {CANARY}


def secret(value):
    """Return a secret as an exported state has it."""
    signature = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    return {**signature, "plaintext": json.dumps(value)}


def test_of_a_state_what_the_engine_keeps_secret_is():
    made = {
        "admin_password": "pw-0123456789",
        "ssh_private_key": KEY,
        "ssh_public_key": "ssh-x AAAA",
    }
    resources = [
        {"outputs": {"stdout": secret(json.dumps(made)), "create": "python3 -"}},
        {"inputs": {"accessToken": secret("token-of-state"), "project": "my-project"}},
        {"inputs": {"metadata": secret({"user-data": "#cloud-config\nruncmd: [anything]\n"})}},
        {
            "outputs": {
                "clouds_yaml": secret("clouds:\n  a:\n    auth:\n      password: pw-2-0123\n")
            }
        },
        {"outputs": {"flag": secret(None), "list": secret(["one-of-a-list"])}},
        # pulumi_gcp marks labels as secret, too, but their words are in every line.
        {"outputs": {"effectiveLabels": secret({"devstack-role": "controller"})}},
        {
            "outputs": secret(
                {"pulumiLabels": {"devstack-role": "worker"}, "in": secret("nested-1")}
            )
        },
    ]
    found = set(sources.of_state({"deployment": {"resources": resources}}))

    assert {each for each in found if BODY not in each} == {
        *("pw-0123456789", "token-of-state", "pw-2-0123", "one-of-a-list", "nested-1"),
    }
    assert [each for each in found if BODY in each]


def test_of_outputs_the_password_and_the_key_are():
    outputs = {
        "clouds_yaml": "clouds:\n  a:\n    auth:\n      username: demo\n      password: pw-1\n",
        "ssh_private_key": KEY,
        "known_hosts": "10.0.3.15 ssh-ed25519 AAAA\n",
        "zones": {"controller": "us-east4-a"},
        "e2e_variables": {"OPENSTACK_CLOUD": "capo-e2e"},
    }
    found = set(sources.of_outputs(outputs))

    assert "pw-1" in found
    assert len(found) == 2
