"""Exclusions: every test that is left out has a reason."""

from pathlib import Path

import pytest

from host.errors import RefusedError
from tests.devstack import exclusions

FOLDER = Path(__file__).parent


@pytest.fixture
def written(tmp_path):
    """Write a file of exclusions and return what is read from it."""

    def write(text):
        path = tmp_path / "exclusions.txt"
        path.write_text(text)
        return exclusions.read(path)

    return write


def test_a_test_is_left_out_for_the_reason_of_the_first_regex_that_matches(written):
    found = written("# comment\n\nTestZones$  # our zones\nTest  # everything\n")

    assert exclusions.reason(found, "capo-e2e/compute/v2.TestZones") == "our zones"
    assert exclusions.reason(found, "capo-e2e/compute/v2.TestServers") == "everything"
    assert not exclusions.reason(found, "capo-e2e/compute/v2.Other")


@pytest.mark.parametrize("line", ["TestZones", "TestZones #", "TestZones  #  ", "Test Zones # no"])
def test_a_line_without_a_reason_is_refused(written, line):
    with pytest.raises(RefusedError, match=r"^exclusions.txt:2: '.*' has no reason; write REGEX"):
        written(f"Test  # fine\n{line}\n")


def test_a_broken_regex_is_refused(written):
    with pytest.raises(RefusedError, match=r"^exclusions.txt:1: 'Test\(' is no regex: missing \)"):
        written("Test(  # no\n")


def test_a_regex_that_matches_nothing_is_reported(written):
    found = written("One  # a\nTwo  # b\n")

    assert exclusions.unused(found, ["TestOne"]) == ["Two"]


@pytest.mark.parametrize(
    "path", sorted(FOLDER.rglob("exclusions.txt")), ids=lambda path: path.parent.name
)
def test_our_own_lists_are_in_the_form(path):
    assert exclusions.read(path)
