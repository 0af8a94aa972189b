"""Access: closed by default, public keys only, and no wait that cannot end."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks import configuration
from stacks.problems import SettingsError

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHrmC7wIIWd+7yNQB3OyqzRzfBKr4Kj0ZTzGrNyt1eI7"


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("sshSourceRanges", '["everyone"]', "'everyone' is no IPv4 range"),
        ("httpSourceRanges", '["192.0.2.1"]', "has no prefix length; use '192.0.2.1/32'"),
        ("neutronSourceRanges", '["192.0.2.0/24"]', "release 2025.2 does not listen on 9696"),
        ("sshUser", "root", "'root' cannot be the nodes' user"),
        ("sshUser", "stack", "'stack' cannot be the nodes' user"),
        ("sshUser", "a b", "'a b' cannot be the nodes' user"),
        ("authUrlHost", "floating", "'floating'; use public or private"),
        ("waitFor", "worker", "'worker'; use none, controller, all"),
        ("waitFor", "all", "'all' needs ssh, which nobody may reach"),
        ("readyTimeoutS", "0", "0 seconds; give a positive number"),
        ("readinessDeadlineS", "-1", "-1 seconds; give a positive number"),
        ("sshAuthorizedKeys", '["hello"]', "key 1: it is no public key"),
        ("sshAuthorizedKeys", '["ssh-ed25519 AAAA"]', "is damaged"),
        ("sshAuthorizedKeys", '["ssh-ed25519 !"]', "is damaged"),
        ("sshAuthorizedKeys", '["-----BEGIN OPENSSH PRIVATE KEY-----"]', "is a private key"),
    ],
)
def test_what_cannot_work_is_refused(refusals, key, value, complaint):
    assert any(complaint in line for line in refusals(**{key: value}))


def test_a_private_key_is_not_repeated_in_the_refusal(refusals):
    """The error is printed into a public log."""
    [line] = refusals(sshAuthorizedKeys='["-----BEGIN RSA PRIVATE KEY-----\\nMIIEsecret"]')

    assert "MIIEsecret" not in line


def test_waiting_for_a_worker_that_is_not_built_is_refused(refusals):
    [line] = refusals(waitFor="all", worker="false", sshSourceRanges='["192.0.2.0/24"]')

    assert "'all' but there is no worker" in line


def test_neutron_may_be_opened_where_it_listens(refusals):
    assert refusals(release="2025.1", neutronSourceRanges='["192.0.2.0/24"]') == []


@pytest.mark.parametrize("comment", ["", " build: bot", " a#b 'c'", " ü"])
def test_a_key_with_any_comment_is_accepted(refusals, comment):
    assert refusals(sshAuthorizedKeys=f'["{KEY}{comment}"]') == []


@given(st.binary(min_size=1, max_size=64), st.integers(min_value=1, max_value=20))
def test_a_key_cut_short_is_refused(body, cut):
    """A truncated key would lock its owner out, 40 minutes later."""
    kind = b"ssh-ed25519"
    blob = b"".join(struct.pack(">I", len(part)) + part for part in (kind, body))
    whole = base64.b64encode(blob).decode()
    shortened = base64.b64encode(blob[:-cut]).decode()

    assert refused(f"ssh-ed25519 {whole}") == []
    assert refused(f"ssh-ed25519 {shortened}") != []


def refused(key: str) -> list[str]:
    """Return the refusal of one key, for property tests, which cannot use fixtures."""
    try:
        configuration.parse({"sshAuthorizedKeys": f'["{key}"]'}, stack="test", project="capo")
    except SettingsError as error:
        return [str(problem) for problem in error.problems]
    return []
