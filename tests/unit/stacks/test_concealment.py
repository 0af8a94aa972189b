"""Concealment: texts that look like secrets are masked, texts that people need are not."""

import base64
import hashlib
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stacks.concealment import (
    KeyLines,
    conceal,
    conceal_address,
    conceal_value,
    why_unreadable,
)

CANARY = "s3cr3tc4n4ry"
BODY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"fatal: https://me:{CANARY}@host/nova.git", "fatal: https://***@host/nova.git"),
        (f"https://{CANARY}@host", "https://***@host"),
        (f"http://u:{CANARY}@10.0.3.15/nova", "http://***@10.0.3.15/nova"),
        (
            f"https://h/i.img?X-Goog-Signature={CANARY}&x=1",
            "https://h/i.img?X-Goog-Signature=***&x=1",
        ),
        (f"https://h/i.img?sig={CANARY}", "https://h/i.img?sig=***"),
        (f"https://h/?access_token={CANARY} x", "https://h/?access_token=*** x"),
        (f"Authorization: Bearer {CANARY}", "Authorization: Bearer ***"),
        (f"Proxy-Authorization: Basic {CANARY}=", "Proxy-Authorization: Basic ***"),
        (f"+ ADMIN_PASSWORD={CANARY}", "+ ADMIN_PASSWORD=***"),
        (f"+ ADMIN_PASSWORD='{CANARY} x' y", "+ ADMIN_PASSWORD=*** y"),
        (f'+ ADMIN_PASSWORD="{CANARY} x" y', "+ ADMIN_PASSWORD=*** y"),
        (f"mysql --password={CANARY} -u root", "mysql --password=*** -u root"),
        (f"metadata_proxy_shared-key={CANARY}", "metadata_proxy_shared-key=***"),
        (f"ya29.{CANARY} x", "*** x"),
        (f"eyJ{CANARY}.eyJ{CANARY}.{CANARY} x", "*** x"),
        (f"gAAAAA{CANARY}{CANARY} x", "*** x"),
        (f"ghp_{CANARY}{CANARY} x", "*** x"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text, shown):
    assert conceal(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "credentials: there are none for Google Cloud; run 'gcloud auth application-default login'",
        "passphrase: it is not the one that the stack was made with; set PULUMI_CONFIG_PASSPHRASE",
        "devstack:release: '2024.1' is not supported; use 2025.1, 2025.2, 2026.1",
        "https://github.com/openstack/nova has no 'stable/2025.2'",
        "git@github.com:openstack/nova",
        "key 1: it is no public key",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHrmC7wIIWd+7yNQB3OyqzRzfBKr4Kj0ZTzGrNyt1eI7 me",
    ],
)
def test_what_people_must_read_is_left_alone(text):
    assert conceal(text) == text


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("name", ["admin_password", "accessToken", "private_key", "client_secret"])
def test_a_secret_by_its_name_in_json_is_masked_and_it_stays_json(depth, name):
    document = {"a": "password=", name: CANARY, "b": f"x --token={CANARY}", "c": "end"}
    text = json.dumps(document)
    for _ in range(depth - 1):
        text = json.dumps({"text": text, "after": 1})
    shown = conceal(text)

    assert CANARY not in shown
    inner = json.loads(shown)
    assert (json.loads(inner["text"]) if depth > 1 else inner)["c"] == "end"


@pytest.mark.parametrize("prefix", ["", "12:00:01 ", "    "])
def test_a_private_key_is_masked_to_its_end_whatever_stands_before_its_lines(prefix):
    lines = [
        "before",
        "-----BEGIN RSA PRIVATE KEY-----",
        BODY,
        BODY,
        "-----END RSA PRIVATE KEY-----",
    ]
    text = "".join(f"{prefix}{line}\n" for line in [*lines, "afterwards"])

    assert conceal(text) == text.replace(BODY, "***")


def test_a_private_key_on_one_line_is_masked():
    """JSON has a key in this form."""
    text = json.dumps(
        f"-----BEGIN PRIVATE KEY-----\n{BODY}\n{BODY}\n-----END PRIVATE KEY-----\nmore"
    )

    shown = json.loads(conceal(text))
    assert shown == ("-----BEGIN PRIVATE KEY-----\n***\n***\n-----END PRIVATE KEY-----\nmore")


def test_a_private_key_in_pieces_is_masked():
    keys = KeyLines()
    pieces = [
        "a\n-----BEGIN OPENSSH PRIVATE KEY-----\n",
        f"{BODY}\n",
        f"{BODY}\n-----END X-----\nb\n",
    ]

    assert BODY not in "".join(map(keys.mask, pieces))
    assert keys.mask(f"{BODY}\n") == f"{BODY}\n"


def test_a_key_without_an_end_does_not_blank_the_rest_of_the_log():
    text = "-----BEGIN PRIVATE KEY-----\n" + "a sentence of words\n" * 300

    assert conceal(text).count("a sentence of words") == 300


@given(st.text())
def test_no_text_breaks_it_and_lines_stay_lines(text):
    assert len(conceal(text).split("\n")) == len(text.split("\n"))


@given(st.binary())
def test_random_text_is_no_value_to_quote(seed):
    """A person may paste a key instead of a name. A text that begins like a path may be one."""
    value = base64.b64encode(hashlib.sha512(seed).digest()).decode().lstrip("/+")

    assert conceal_value(f"'{value}' is no zone") == "'***' is no zone"


@pytest.mark.parametrize(
    "value",
    [
        "/home/me/.cache/devstack/engine/3.274.1-504b807193cc2817",
        "da2f4d73da2f4d73da2f4d73da2f4d73da2f4d73",
        "projects/my-project/zones/us-east4-a/instances/capo-e2e-test-controller",
        "/srv/pytest-of-root/pytest-0/test_AMissingFile0/absent/OPENSTACK_FAILURE_DOMAIN",
        "OPENSTACK_CONTROL_PLANE_MACHINE_FLAVOR",
    ],
)
def test_names_paths_and_commits_may_be_quoted(value):
    assert conceal_value(f"'{value}'") == f"'{value}'"


@pytest.mark.parametrize(
    "text",
    [f"me:{CANARY}@host/path", f"https://me:a {CANARY}@host/path", f"me:a@{CANARY}@host/path"],
)
def test_of_a_malformed_url_neither_user_nor_query_is_shown(text):
    assert conceal_address(f"{text}?{CANARY} {CANARY}") == "***@host/path?***"


def test_of_a_file_that_is_not_yaml_nothing_is_quoted():
    """PyYAML's own message would quote the line."""
    text = f"a: b\ntoken: {CANARY}: *{CANARY}\n"
    with pytest.raises(yaml.YAMLError) as caught:
        yaml.safe_load(text)

    assert CANARY in str(caught.value)
    assert why_unreadable(caught.value) == "not YAML at line 2"
