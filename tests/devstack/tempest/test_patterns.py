"""Patterns: each has a reason, and the files of this folder have the right form."""

import pytest

from host.errors import RefusedError
from tests.devstack.tempest import patterns
from tests.devstack.tempest.environment import REQUIREMENTS
from tests.devstack.tempest.passes import EXCLUDED, IN_EACH_ZONE, SELECTED


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "excluded.txt"
        path.write_text(text)
        return path

    return write


def test_comments_and_empty_lines_are_no_patterns(write):
    path = write("# About this file.\n\n^tempest\\.api  # a reason\n")

    assert patterns.read(path) == [patterns.Pattern("^tempest\\.api", "a reason")]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("^tempest", "excluded.txt:2: no reason"),
        ("^tempest  # ", "excluded.txt:2: no reason"),
        ("^tempest api  # two words", "excluded.txt:2: no reason"),
        ("^tempest(  # open", "excluded.txt:2: missing"),
    ],
    ids=["none", "empty", "blank", "regex"],
)
def test_another_form_is_refused(write, line, complaint):
    with pytest.raises(RefusedError, match=complaint):
        patterns.read(write(f"# heading\n{line}\n"))


def test_a_pattern_is_searched_in_the_id():
    tests = ["a.b.C.test_one[id-1,smoke]", "a.b.C.test_two[id-2]"]

    assert patterns.matching(tests, [patterns.Pattern("smoke", "")]) == tests[:1]


def test_a_pattern_without_a_test_is_idle():
    given = [patterns.Pattern("one", ""), patterns.Pattern("three", "")]

    assert patterns.idle(["a.test_one", "a.test_two"], given) == given[1:]


@pytest.mark.parametrize("path", [SELECTED, IN_EACH_ZONE, EXCLUDED], ids=lambda path: path.name)
def test_every_pattern_here_has_a_reason(path):
    texts = [pattern.text for pattern in patterns.read(path)]

    assert len(set(texts)) == len(texts)


def test_the_requirements_have_hashes_and_name_no_index():
    """The package index is the user's choice."""
    text = REQUIREMENTS.read_text()
    lines = [line for line in text.splitlines() if "==" in line]

    assert len(lines) > 4
    assert all(line.endswith("\\") for line in lines)
    assert "://" not in text
