"""Filters: which items a filter= expression lets through."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.compute_api import filters
from localcloud.compute_api.errors import ApiError

ITEM = {
    "name": "ci-controller",
    "status": "RUNNING",
    "labels": {"stack": "ci", "dotted.key": "v"},
    "canIpForward": True,
    "diskSizeGb": "500",
    "tags": {"items": ["node", "controller"]},
    "networkInterfaces": [{"networkIP": "10.0.3.15"}],
}

NAME = st.from_regex(r"[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "name=ci-controller",
        'name = "ci-controller"',
        "name eq ci-.*",
        '(name eq "ci-controller")(status eq RUNNING)',
        "name ne worker",
        "name!=worker",
        "name:controller",
        "name:ci-*",
        "labels.stack=ci",
        "labels.stack:*",
        "labels.dotted.key=v",
        "labels.stack=ci AND status=RUNNING",
        "labels.stack=other OR status=RUNNING",
        "NOT labels.stack=other",
        "-labels.stack=other",
        "(labels.stack=other OR labels.stack=ci) status=RUNNING",
        "canIpForward=true",
        "diskSizeGb>=500",
        "diskSizeGb<600",
        "tags.items=node",
        "networkInterfaces.networkIP=10.0.3.15",
        'name eq ".*\\bcontroller\\b.*"',
    ],
)
def test_expression_lets_the_item_through(expression: str) -> None:
    assert filters.parse(expression)(ITEM)


@pytest.mark.parametrize(
    "expression",
    [
        "name=ci",
        "name eq ci",
        "name ne ci-.*",
        "labels.stack=c",
        "labels.owner:*",
        "labels.stack!=ci",
        "status=RUNNING AND name=x",
        "NOT status=RUNNING",
        "diskSizeGb>500",
    ],
)
def test_expression_holds_the_item_back(expression: str) -> None:
    assert not filters.parse(expression)(ITEM)


@pytest.mark.parametrize(
    "expression", ["name", "name=", "=x", "(name=x", "name=x)", "name eq [", "name ~ x y", '"a"=b']
)
def test_malformed_expression_is_refused(expression: str) -> None:
    """A filter that is not understood must not list everything."""
    with pytest.raises(ApiError, match="Invalid list filter expression"):
        filters.parse(expression)


@given(wanted=NAME, other=NAME)
def test_equality_holds_for_equal_names_only(wanted: str, other: str) -> None:
    assert filters.parse(f"name={wanted}")({"name": other}) == (wanted == other)


@given(name=NAME, value=NAME)
def test_eq_is_a_regular_expression_over_the_whole_value(name: str, value: str) -> None:
    assert filters.parse(f'name eq "{re.escape(name)}.*"')({"name": value}) == value.startswith(
        name
    )


@given(a=NAME, b=NAME, value=NAME)
def test_or_is_the_union(a: str, b: str, value: str) -> None:
    matches = filters.parse(f"name={a} OR name={b}")
    assert matches({"name": value}) == (value in {a, b})


@given(st.text(max_size=30))
def test_any_text_is_either_a_filter_or_refused(text: str) -> None:
    """No expression brings the double down."""
    with contextlib.suppress(ApiError):
        filters.parse(text)({"name": "a", "labels": {"b": "c"}})
