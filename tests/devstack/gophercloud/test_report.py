"""Report: results as JUnit and as a table."""

from xml.etree import ElementTree as ET

import pytest

from tests.devstack.gophercloud import report
from tests.devstack.gophercloud.events import Result

RESULTS = [
    Result(package="compute/v2", test="TestGood", verdict="passed", seconds=2.25),
    Result(
        package="compute/v2", test="TestBad", verdict="failed", seconds=1, output="<a>\x00\nlast\n"
    ),
    Result(package="compute/v2", test="TestZone", verdict="excluded", output="our zones"),
    Result(package="networking/v2", test="TestAdmin", verdict="skipped", output="must be admin"),
]


@pytest.fixture
def root():
    text = report.junit("capo-e2e", RESULTS)
    return ET.fromstring(text)  # noqa: S314 - our own


def test_a_package_is_a_suite_with_its_counts(root):
    suites = {suite.get("name"): suite.attrib for suite in root}
    names = ("tests", "failures", "skipped", "time")

    assert [*suites] == ["capo-e2e/compute/v2", "capo-e2e/networking/v2"]
    assert [suites["capo-e2e/compute/v2"][name] for name in names] == ["3", "1", "1", "3.25"]
    assert [suites["capo-e2e/networking/v2"][name] for name in names] == ["1", "0", "1", "0.00"]


def test_a_failure_has_the_output_and_its_last_line(root):
    [failure] = root.findall(".//failure")

    assert (failure.get("message"), failure.text) == ("last", "<a>\nlast\n")


def test_an_excluded_test_is_told_from_one_that_skips_itself(root):
    messages = [each.get("message") for each in root.findall(".//skipped")]

    assert messages == ["excluded: our zones", "must be admin"]


def test_the_table_counts_by_user_and_package():
    rows = [line.split() for line in report.table({"capo-e2e": RESULTS}).splitlines()]

    assert rows == [
        ["passed", "failed", "skipped", "excluded", "seconds"],
        ["capo-e2e", "compute/v2", "1", "1", "0", "1", "3"],
        ["capo-e2e", "networking/v2", "0", "0", "1", "0", "0"],
        ["capo-e2e", "all", "1", "1", "1", "1", "3"],
    ]
