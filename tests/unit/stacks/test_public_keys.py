"""Public keys: a refusal names the line and the mistake, and quotes nothing of the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks import configuration, public_keys
from stacks.problems import SettingsError

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHrmC7wIIWd+7yNQB3OyqzRzfBKr4Kj0ZTzGrNyt1eI7"
CANARY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ"


def test_of_a_private_key_one_line_says_all():
    lines = ["-----BEGIN RSA PRIVATE KEY-----", CANARY, CANARY, "-----END RSA PRIVATE KEY-----"]

    assert public_keys.read("\n".join(lines)) == (
        [],
        [("line 1: it is a private key", "name the .pub file beside it, and renew the key")],
    )


@pytest.mark.parametrize(
    "line",
    ["-----BEGIN RSA PRIVATE KEY-----", "PuTTY-User-Key-File-3: ssh-ed25519", "AGE-SECRET-KEY-1QQ"],
)
def test_a_private_key_is_known_wherever_it_begins(line):
    _, [(what, _)] = public_keys.read(f"# mine\n{KEY}\n\n{line}\n{CANARY}\n")

    assert what == "line 4: it is a private key"


def test_lines_are_counted_as_an_editor_does():
    keys, problems = public_keys.read(f"# mine\n\n{KEY} me\n{CANARY}\n{KEY[:40]}\n")

    assert keys == [f"{KEY} me"]
    assert [what for what, _ in problems] == [
        "line 4: it is no public key",
        "line 5: this key of type ssh-ed25519 is damaged",
    ]


@given(st.text(min_size=8), st.sampled_from(["", "ssh-ed25519 ", "-----BEGIN PRIVATE KEY-----\n"]))
def test_no_refusal_repeats_anything_of_the_key(text, before):
    content = f"{before}{text}"
    parts = {part for part in content.split() if len(part) >= 8} - {"ssh-ed25519"}
    said = [*public_keys.read(content)[1], *filter(None, [public_keys.refusal(content)])]

    for what, remedy in said:
        known = f"{what} {remedy}".replace("-----BEGIN", "")
        assert not {part for part in parts if part in known and part not in KNOWN_WORDS}


KNOWN_WORDS = "it is a private key, give the public one and renew this no line like of type comment"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sshAuthorizedKeys", f'["{CANARY}"]'),
        ("sshAuthorizedKeys", CANARY),
        ("sshAuthorizedKeys", f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n"),
        ("sshAuthorizedKeys", f'["-----BEGIN RSA PRIVATE KEY-----\\n{CANARY}"]'),
        ("sshUser", f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----"),
        ("region", CANARY),
        ("labels", f'["{CANARY}"]'),
        ("gitBase", f"https://me:{CANARY}@host/a b"),
        ("gitBase", f"me:{CANARY}@host"),
        ("pipIndexUrl", f"https://host/simple?token={CANARY} x{CANARY}"),
        ("amphoraImageUrl", f"https//host/i.img?X-Goog-Signature={CANARY}"),
        ("image", f"https://host/i.img?X-Goog-Signature={CANARY}"),
        ("octaviaRef", f"https://me:{CANARY}@host/octavia"),
        ("projectRefs", f'["nova=https://{CANARY}@host"]'),
        ("mtu", CANARY),
        ("worker", f"ADMIN_PASSWORD={CANARY}"),
    ],
)
def test_no_refusal_of_a_setting_repeats_a_secret(key, value):
    """A secret may be pasted into any setting."""
    with pytest.raises(SettingsError) as caught:
        configuration.parse({key: value}, stack="test", project="capo")

    assert CANARY not in str(caught.value)
    assert f"devstack:{key}: " in str(caught.value)


def test_a_private_key_file_is_refused_by_its_line(tmp_path):
    path = tmp_path / "id_ed25519"
    path.write_text(
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CANARY}\n-----END OPENSSH PRIVATE KEY-----\n"
    )
    with pytest.raises(SettingsError) as caught:
        configuration.parse({"sshAuthorizedKeysFile": str(path)}, stack="test", project="capo")

    assert str(caught.value) == (
        f"devstack:sshAuthorizedKeysFile: '{path}' line 1: it is a private key; name the .pub file"
        " beside it, and renew the key"
    )
