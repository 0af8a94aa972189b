"""Excluded tests: our list is in the form that tempest's has."""

from pathlib import Path

from tests.devstack.tempest import patterns


def test_every_excluded_test_has_a_reason():
    assert patterns.read(Path(__file__).with_name("excluded.txt"))
