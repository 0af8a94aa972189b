"""User data: a size that Compute Engine refuses is reported before the network is built."""

import pytest


@pytest.fixture
def overlay(tmp_path):
    """Write a file of that many kilobytes, in long lines: indentation adds four bytes a line."""

    def write(kilobytes):
        path = tmp_path / "overlay.conf"
        path.write_text(("# " + "x" * 122 + "\n") * (kilobytes * 8))
        return str(path)

    return write


def test_200_kb_of_text_are_accepted(refusals, overlay):
    assert refusals(localConfFile=overlay(200)) == []


def test_300_kb_are_refused_with_size_and_limit(refusals, overlay):
    [line] = refusals(localConfFile=overlay(300))

    assert line.startswith("devstack:localConfFile: user data is 3")
    assert "bytes and Compute Engine takes 262144; shorten the file" in line
