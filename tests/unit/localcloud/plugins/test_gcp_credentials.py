"""Credentials: an option is tried as a path, then as contents, with the real plugin's errors."""

import json
import os
from pathlib import Path

import pytest

from localcloud.plugins.gcp.config import Config, check
from localcloud.plugins.gcp.credentials import access_token
from localcloud.plugins.provider import ProviderError
from localcloud.stack_settings import BEARER

KEY = json.dumps({"type": "service_account", "client_email": "a@b.invalid"})
HERE = {"computeCustomEndpoint": "http://127.0.0.1:1/compute/v1/"}


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """A home that is also the working directory, without credential variables."""
    for name in ("GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", ["token", "./token", "~/token", "$HOME/token"])
def test_a_token_that_is_the_path_of_a_file_is_read_from_it(home, path):
    (home / "token").write_text("from-file")

    assert access_token(os.path.expandvars(path), "") == "from-file"


@pytest.mark.parametrize("token", ["token", "~/token", "x" * 5000, BEARER])
def test_a_token_that_is_no_path_is_itself(token):
    assert access_token(token, "") == token


def test_a_folder_of_the_tokens_name_is_the_real_plugins_error(home):
    (home / "localcloud").mkdir()

    with pytest.raises(ProviderError) as raised:
        access_token("localcloud", "")
    lines = str(raised.value).splitlines()
    assert lines[0] == "failed to load application credentials."
    assert lines[-1] == (
        "Expanded error message: Error loading access token: read localcloud: is a directory"
    )


@pytest.mark.parametrize(
    ("token", "key", "reason"),
    [
        ("~somebody/token", "", "Error loading access token: cannot expand user-specific home dir"),
        ("line-end", "", 'net/http: invalid header field value for "Authorization"'),
        ("zero\0byte", "", 'net/http: invalid header field value for "Authorization"'),
        ("", "folder", "error loading credentials: read folder: is a directory"),
        ("", "line-end", "error unmarshaling credentials: "),
        ("", '{"type": "x"}', 'error unmarshaling credentials: unknown credential type: "x"'),
        ("", KEY, "a key alone was set; the stand-in plugin reaches no Google"),
        ("", "key.json", "a key alone was set; the stand-in plugin reaches no Google"),
        ("", "", "neither `credentials` nor `access_token` was set; the stand-in plugin reaches"),
    ],
)
def test_options_that_lead_to_no_token_are_refused_with_the_reason(home, token, key, reason):
    (home / "folder").mkdir()
    (home / "line-end").write_text("token\n")
    (home / "key.json").write_text(KEY)

    with pytest.raises(ProviderError) as raised:
        access_token(token, key)
    assert str(raised.value).splitlines()[-1].startswith(f"Expanded error message: {reason}")


def test_a_token_wins_over_a_key():
    """As in the real plugin, which then does not read the key."""
    assert access_token("token", "folder") == "token"


def test_the_variables_are_paths_or_contents_too(home, monkeypatch):
    (home / "token").write_text("from-file")
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "token")
    assert Config.of(HERE).access_token == "from-file"

    monkeypatch.delenv("GOOGLE_OAUTH_ACCESS_TOKEN")
    monkeypatch.setenv("GCLOUD_KEYFILE_JSON", KEY)
    with pytest.raises(ProviderError, match="a key alone was set"):
        Config.of(HERE)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (KEY, None),
        ("key.json", None),
        # The contents do not matter: the real plugin reads them later.
        ("folder", None),
        ("absent.json", "JSON credentials are not valid: "),
        # Check does not expand ~, although the provider does.
        ("~/key.json", "JSON credentials are not valid: "),
        ("[]", "JSON credentials are not valid: list is no JSON object"),
        ("{}", "JSON credentials are not valid: missing 'type' field"),
    ],
)
def test_check_accepts_a_key_that_exists_or_has_a_known_type(home, key, reason):
    (home / "folder").mkdir()
    (home / "key.json").write_text("")

    failures = [(each.path, each.reason) for each in check({"credentials": key})]
    expected = f"could not validate provider configuration: {reason}"
    assert [path for path, _ in failures] == (["credentials"] if reason else [])
    assert all(text.startswith(expected) for _, text in failures)


def test_the_token_of_our_own_stacks_is_no_path_on_any_machine():
    """Its parent is not a folder, so not even root can create a file with this path."""
    with pytest.raises(NotADirectoryError):
        Path(BEARER).stat()
    with pytest.raises(NotADirectoryError):
        Path(BEARER).mkdir(parents=True)
