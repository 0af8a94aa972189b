"""Known: learnt secrets are masked in every encoding, in pieces, and as soon as they are learnt."""

import base64
import gzip
import hashlib
import json
import re
import shlex
import string
import time
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from job.redaction.known import Passage, Secrets

SECRET = "c4n4ry+/&<'\"\\ $=ü"
KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
    "QyNTUxOQAAACDx0Ib4VYQmZC2WnVqU3bC0dUuY0vZ8m3Tq2m1YkLr7XQAAAJjQ2h8O0Nof\n"
    "-----END OPENSSH PRIVATE KEY-----\n"
)


def knowing(*secrets):
    """Return a list with these secrets."""
    known = Secrets()
    known.learn(secrets)
    return known


# Encodings that programs use, by name.
WRITERS = {
    "as it is": str,
    "json": json.dumps,
    "json with its own letters": lambda text: json.dumps(text, ensure_ascii=False),
    "json in json": lambda text: json.dumps({"text": json.dumps({"text": text})}),
    "json of Go": lambda text: (
        json.dumps(text, ensure_ascii=False)
        .replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
    ),
    "url": lambda text: quote(text, safe=""),
    "url path": quote,
    "url query": quote_plus,
    "url in small letters": lambda text: re.sub(
        "%..", lambda escape: escape[0].lower(), quote(text, safe="")
    ),
    "shell": shlex.quote,
    "shell's trace": lambda text: "'" + text.replace("'", "'\\''") + "'",
    "yaml": lambda text: yaml.safe_dump({"text": text}, width=20),
    "yaml with its own letters": lambda text: yaml.safe_dump([text], allow_unicode=True),
    "xml": escape,
    "python": repr,
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_secret_is_masked_as_programs_write_it(write):
    shown = knowing(SECRET).mask(f"before {write(SECRET)} after")

    assert "c4n4ry" not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_the_lines_of_a_key_are_masked_as_programs_write_them(write):
    """Each line is masked by itself, except for the first and the last, which are not secret."""
    body = "".join(KEY.splitlines(keepends=True)[1:-1])
    shown = knowing(KEY).mask(write(body))

    assert not [line for line in body.split() if line in shown or line[:-4] in shown]


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("secret", [SECRET, "sesame", "a" * 31, "hunter2hunter2"])
def test_base64_is_masked_wherever_the_secret_stands_in_it(encode, before, after, secret):
    """As in an Authorization header or in user data. At most two characters remain."""
    text = encode(b"user:pw"[:before] + secret.encode() + b";...."[:after]).decode()
    shown = knowing(secret).mask(text)
    start, end = 4 * before // 3, -(-4 * (before + len(secret.encode())) // 3)
    left = shown.replace("***", "").rstrip("=")

    assert "***" in shown
    assert len(left) <= len(text.rstrip("=")) - (end - start) + 4


@given(st.text(min_size=6), st.text(), st.text())
@example("nabcdef", "\n", "")
def test_a_secret_between_any_texts_is_masked(secret, before, after):
    secret = " ".join(secret.split())
    assume(len(secret) >= 6)

    assert secret not in knowing(secret).mask(f"{before}{secret}{after}")


@given(
    st.text(string.ascii_letters + string.digits + "-_=+/", min_size=8), st.text(), st.booleans()
)
def test_json_with_a_secret_stays_json(secret, around, ascii_only):
    text = json.dumps({"a": f"x {secret}", "b": [around]}, ensure_ascii=ascii_only)
    shown = knowing(secret).mask_known(text)

    assert secret not in json.loads(shown)["a"]


def test_secrets_that_overlap_leave_nothing():
    assert knowing("abcdefgh", "efghijkl").mask("xabcdefghijklx") == "x***x"
    assert knowing("abcdefgh", "abcdefghijkl").mask("abcdefghijkl") == "***"


def test_a_passphrase_that_is_broken_between_words_is_masked():
    shown = knowing("correct horse battery staple").mask("a: correct horse\n   battery staple\n")

    assert shown == "a: ***\n   ***\n"


def test_short_words_are_left_alone():
    """Masking a password of three letters would blank the whole log."""
    assert knowing("abc", "", "test").mask("abc test") == "abc test"


def test_a_text_in_pieces_of_lines_is_masked_like_the_whole():
    known = knowing(KEY, SECRET)
    text = f"a {SECRET}\n{KEY}b {SECRET}\n-----BEGIN PRIVATE KEY-----\n{'QUFB' * 16}\nc\n"
    passage = Passage(known)

    assert "".join(map(passage.mask, text.splitlines(keepends=True))) == known.mask(text)


def test_a_secret_of_any_bytes_is_masked():
    """Python passes on a variable that is not UTF-8 with surrogate escapes."""
    secret = b"canary-\xff\xfe-0123".decode("utf-8", "surrogateescape")

    assert knowing(secret, "\ud800-of-json").mask(f"a {secret} b") == "a *** b"


def test_what_was_learnt_later_is_masked_later():
    known = knowing()
    passage = Passage(known)
    before = passage.mask("sesame-1\n")
    known.learn(["sesame-1"])

    assert (before, passage.mask("sesame-1\n")) == ("sesame-1\n", "***\n")


def test_a_large_text_takes_time_for_its_length_alone():
    """The time is linear: six times the text takes far less than 36 times as long."""

    def noise(number):
        return hashlib.sha256(str(number).encode()).hexdigest()

    known = knowing(*(noise(-number) for number in range(1, 31)), KEY)
    text = "".join(f"{noise(number)} a line of a log\n" for number in range(10_000))

    def seconds(times):
        begin = time.process_time()
        known.mask(text * times)
        return time.process_time() - begin

    seconds(1)
    assert seconds(6) < 6 * 3 * max(seconds(1), 0.05)


def test_packed_text_is_out_of_reach_so_nobody_may_pack_before_masking():
    """Therefore the nodes' archives are unpacked into ARTIFACTS, file by file."""
    packed = base64.b64encode(gzip.compress(SECRET.encode())).decode()

    assert knowing(SECRET).mask(packed) == packed
