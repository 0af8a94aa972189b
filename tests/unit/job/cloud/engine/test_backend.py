"""Backend: any folder has a URL from which it can be recovered."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from job.cloud.engine.backend import folder_of, url_of

# Any name that a Linux file system accepts, also with bytes that are not UTF-8.
NAMES = st.binary(min_size=1).map(lambda name: name.translate(None, b"\0/")).filter(bool)


@given(st.lists(NAMES, min_size=1, max_size=3))
@example([b"a#b"])
@example([b"a b", b"100%", b"?x=y&z"])
@example([b"%41"])
@example([b"~"])
@example(["\u00fcmlaut \u65e5".encode()])
def test_a_folder_has_a_url_that_leads_back_to_it(names):
    folder = Path("/", *(name.decode("utf-8", "surrogateescape") for name in names))
    url = url_of(folder)
    parts = urlsplit(url)

    assert folder_of(url, base=Path("/elsewhere")) == folder
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("file", "", "", "")
    assert url.isascii()
    assert unquote(parts.path, errors="surrogateescape") == str(folder)


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("file:///a/b", "/a/b"),
        ("file:///a%23b?no_tmp_dir=true", "/a#b"),
        ("file://~/state", "/home/me/state"),
        ("file://~", "/home/me"),
        ("file://./state", "/staged/state"),
        ("file://state", "/staged/state"),
    ],
)
def test_a_persons_url_is_read_as_the_cli_reads_it(monkeypatch, url, folder):
    monkeypatch.setenv("HOME", "/home/me")

    assert folder_of(url, base=Path("/staged")) == Path(folder)


@pytest.mark.parametrize("url", ["gs://bucket", "https://api.pulumi.com", "postgres://h/d"])
def test_another_kind_of_backend_has_no_folder(url):
    assert folder_of(url, base=Path("/")) is None
