"""User data: a size that Compute Engine refuses is reported before the network is built."""

import os
from base64 import b64encode

import pytest


@pytest.fixture
def overlay(tmp_path):
    """Write a file of that many kilobytes, in lines of 128 bytes with the text of a function."""

    def write(kilobytes, text):
        path = tmp_path / "overlay.conf"
        path.write_text("".join(f"# {text()[:125]}\n" for _ in range(kilobytes * 8)))
        return str(path)

    return write


def test_200_kb_of_text_are_accepted(refusals, overlay):
    assert refusals(localConfFile=overlay(200, lambda: "x" * 125)) == []


def test_300_kb_that_cannot_be_packed_are_refused_with_size_and_limit(refusals, overlay):
    [line] = refusals(localConfFile=overlay(300, lambda: b64encode(os.urandom(96)).decode()))

    assert line.startswith("devstack:localConfFile: user data is 3")
    assert "bytes and Compute Engine takes 262144; shorten the file" in line
