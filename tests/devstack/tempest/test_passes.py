"""Passes: selected tests without the excluded ones, and some of them again in each zone."""

import pytest

from host.errors import RefusedError
from tests.devstack.tempest import passes

SMOKE = "a.A.test_one[id-1,smoke]"
VOLUME = "a.A.test_volume[id-2]"
BROKEN = "a.A.test_broken[id-3,smoke]"
OTHER = "a.A.test_other[id-4]"
TESTS = (SMOKE, VOLUME, BROKEN, OTHER)


@pytest.fixture(autouse=True)
def _files(monkeypatch, tmp_path):
    """Other files of patterns."""
    texts = {"SELECTED": r"smoke|volume", "IN_EACH_ZONE": "volume", "EXCLUDED": "broken|gone"}
    for name, text in texts.items():
        path = tmp_path / f"{name.lower()}.txt"
        path.write_text("".join(f"{each}  # a reason\n" for each in text.split("|")))
        monkeypatch.setattr(passes, name, path)


def test_a_pass_in_each_zone_follows_that_of_all():
    assert passes.plan(TESTS, ["testaz1", "testaz2"], "") == [
        passes.Pass(name="tempest", tests=(SMOKE, VOLUME)),
        passes.Pass(name="tempest in testaz1", tests=(VOLUME,), zone="testaz1"),
        passes.Pass(name="tempest in testaz2", tests=(VOLUME,), zone="testaz2"),
    ]


def test_a_pass_without_tests_is_left_out():
    assert passes.plan(TESTS, ["testaz1"], "smoke") == [passes.Pass(name="tempest", tests=(SMOKE,))]


def test_a_choice_without_tests_is_refused():
    with pytest.raises(RefusedError, match="'other' matches none of the tests"):
        passes.plan(TESTS, ["testaz1"], "other")


def test_an_exclusion_without_tests_is_reported():
    assert list(passes.idle(TESTS)) == ["excluded.txt: gone matches no test; correct or remove it"]
